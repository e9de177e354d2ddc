/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the settings of a VF through its PF. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libvirt.h"
#include "state.h"

/* What differs from the wanted settings. */
static struct usvf_settings difference(const struct usvf_settings *wanted, const struct usvf_settings *now) {
    struct usvf_settings rest = *wanted;
    rest.has_mac = wanted->has_mac && (!now->has_mac || memcmp(wanted->mac, now->mac, 6) != 0);
    bool vlan = (wanted->vlan >= 0 && wanted->vlan != now->vlan) || (wanted->qos >= 0 && wanted->qos != now->qos) ||
        (wanted->vlan_protocol && now->vlan_protocol && wanted->vlan_protocol != now->vlan_protocol);
    rest.vlan = !vlan ? USVF_UNKNOWN : wanted->vlan >= 0 ? wanted->vlan : now->vlan;
    rest.qos = !vlan ? USVF_UNKNOWN : wanted->qos >= 0 ? wanted->qos : now->qos;
    if (wanted->trust == now->trust)
        rest.trust = USVF_UNKNOWN;
    if (wanted->spoofchk == now->spoofchk)
        rest.spoofchk = USVF_UNKNOWN;
    if (wanted->link_state == now->link_state)
        rest.link_state = USVF_UNKNOWN;
    bool rate = (wanted->max_rate >= 0 && wanted->max_rate != now->max_rate) ||
        (wanted->min_rate >= 0 && wanted->min_rate != now->min_rate);
    rest.max_rate = !rate ? USVF_UNKNOWN : wanted->max_rate >= 0 ? wanted->max_rate : now->max_rate;
    rest.min_rate = !rate ? USVF_UNKNOWN : wanted->min_rate >= 0 ? wanted->min_rate : now->min_rate;
    return rest;
}

static const char *first_name(const struct usvf_settings *rest) {
    return rest->has_mac     ? "MAC"
        : rest->vlan >= 0     ? "VLAN with its protocol and QoS"
        : rest->trust >= 0    ? "trust"
        : rest->spoofchk >= 0 ? "spoofchk"
        : rest->link_state >= 0 ? "link state"
        : rest->max_rate >= 0 ? "rate"
                              : NULL;
}

int usvf_settings_apply(const struct usvf_roots *roots, const struct usvf_found *found, const struct usvf_settings *wanted,
    struct usvf_error *error) {
    struct usvf_settings rest = difference(wanted, &found->vf->settings);
    const char *what = first_name(&rest);
    if (!what)
        return USVF_OK;
    if (!found->pf->netdev[0])
        return usvf_fail(
            error, USVF_FAILED, "VF %s: %s cannot be set, because its PF has no netdev", found->text, what);
    int refused = usvf_settings_write(found->pf->netdev, found->vf->index, &rest, &what);
    if (refused)
        return usvf_fail(error, usvf_code_of(-refused), "VF %s: %s cannot be set through %s%s: %s", found->text, what,
            found->pf->netdev, found->pf->switchdev ? ", whose NIC is in switchdev mode" : "", strerror(-refused));
    struct usvf_found again;
    int result = usvf_find(roots, found->vf->address, &again, error);
    if (result != USVF_OK)
        return result;
    rest = difference(wanted, &again.vf->settings);
    usvf_inventory_free(again.inventory);
    what = first_name(&rest);
    return what ? usvf_fail(error, USVF_FAILED, "VF %s: %s was set through %s but has another value", found->text,
                      what, found->pf->netdev)
                : USVF_OK;
}

static bool is_sound(const struct usvf_settings *s, const char **what) {
    *what = s->has_mac && (s->mac[0] & 1) ? "MAC must be unicast"
        : s->vlan < USVF_UNKNOWN || s->vlan > 4094 ? "VLAN must be 0 to 4094"
        : s->qos < USVF_UNKNOWN || s->qos > 7      ? "QoS must be 0 to 7"
        : s->link_state < USVF_UNKNOWN || s->link_state > 2 ? "link state must be 0, 1 or 2"
        : s->max_rate > INT32_MAX || (s->max_rate > 0 && s->min_rate > s->max_rate) ? "minimum rate must not exceed the maximum rate"
                                                               : NULL;
    return !*what;
}

/* By its PF, or by its netdev on the host. */
static bool has_mac(const struct usvf_vf *vf, const uint8_t mac[6]) {
    return (vf->settings.has_mac && memcmp(vf->settings.mac, mac, 6) == 0) || (vf->up && memcmp(vf->mac, mac, 6) == 0);
}

/* A PF delivers the frames for a MAC to one VF. For a VF with a lease, the server of its holder decides. */
static int check_duplicate(const struct usvf_found *found, const struct usvf_settings *wanted, struct usvf_error *error) {
    if (!wanted->has_mac || usvf_mac_is_zero(wanted->mac))
        return USVF_OK;
    for (size_t i = 0; i < found->pf->vf_count; i++) {
        const struct usvf_vf *other = &found->pf->vfs[i];
        char text[USVF_ADDRESS_TEXT];
        if (other == found->vf || other->lease.owner[0] || !has_mac(other, wanted->mac))
            continue;
        usvf_address_text(other->address, text);
        return usvf_fail(error, USVF_REFUSED, "VF %s: VF %s of the same PF still has this MAC and is %s; set another MAC there, or use that VF",
            found->text, text, usvf_vf_state_word(other->state));
    }
    return USVF_OK;
}

/* A driver may report the speed of the link instead of no limit. */
static bool is_limit(const struct usvf_roots *roots, const struct usvf_found *found) {
    char pf[USVF_ADDRESS_TEXT], path[PATH_MAX];
    usvf_address_text(found->pf->address, pf);
    snprintf(path, sizeof path, "%s/bus/pci/devices/%s/net/%s/speed", usvf_sysfs(roots), pf, found->pf->netdev);
    long speed = usvf_read_number(AT_FDCWD, path, 0);
    return found->vf->settings.max_rate > 0 && (speed <= 0 || found->vf->settings.max_rate < speed);
}

/* What the kernel sets for a new VF, for each value that is not wanted otherwise and that the driver reports. Without spoofchk. */
static struct usvf_settings with_defaults(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_settings wanted) {
    const struct usvf_settings *now = &found->vf->settings;
    if (wanted.vlan < 0 && now->vlan >= 0)
        wanted.vlan = 0;
    if (wanted.qos < 0 && now->qos >= 0)
        wanted.qos = 0;
    if (wanted.vlan > 0 && !wanted.vlan_protocol)
        wanted.vlan_protocol = ETH_P_8021Q;
    if (wanted.trust < 0 && now->trust >= 0)
        wanted.trust = 0;
    if (wanted.link_state < 0 && now->link_state >= 0)
        wanted.link_state = 0;
    if (wanted.max_rate < 0 && is_limit(roots, found))
        wanted.max_rate = 0;
    if (wanted.min_rate < 0 && now->min_rate > 0)
        wanted.min_rate = 0;
    return wanted;
}

/* A driver without spoofchk reports it as off and refuses to set it, so only what the holder has asked for must hold. */
static void try_spoofchk(const struct usvf_found *found) {
    const struct usvf_settings only = {.vlan = USVF_UNKNOWN,
        .qos = USVF_UNKNOWN,
        .trust = USVF_UNKNOWN,
        .spoofchk = 1,
        .link_state = USVF_UNKNOWN,
        .min_rate = USVF_UNKNOWN,
        .max_rate = USVF_UNKNOWN};
    const char *what;
    usvf_settings_write(found->pf->netdev, found->vf->index, &only, &what);
}

static int configure(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder,
    const struct usvf_settings *given, bool whole, struct usvf_error *error) {
    const char *what;
    if (!is_sound(given, &what))
        return usvf_fail(error, USVF_BAD_ARGUMENT, "%s", what);
    struct usvf_change change;
    int result = usvf_change_begin(&change, roots, vf, holder, error);
    if (result != USVF_OK)
        return result;
    struct usvf_saved saved;
    struct usvf_settings wanted = whole ? with_defaults(roots, &change.found, *given) : *given;
    bool first = usvf_saved_read(roots, vf, &saved) <= 0;
    if ((result = usvf_signs_check(&change.found, first ? USVF_SIGNS_AT_FIRST : USVF_SIGNS_LATER, error)) == USVF_OK &&
        (result = usvf_libvirt_check(roots, change.found.pf, change.found.vf, first, error)) == USVF_OK &&
        (result = check_duplicate(&change.found, &wanted, error)) == USVF_OK &&
        (result = usvf_saved_write(roots, &change.found, error)) == USVF_OK)
        result = usvf_settings_apply(roots, &change.found, &wanted, error);
    if (result == USVF_OK && whole && wanted.spoofchk < 0 && change.found.vf->settings.spoofchk == 0)
        try_spoofchk(&change.found);
    usvf_change_end(&change);
    return result;
}

int usvf_configure(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder,
    const struct usvf_settings *wanted, struct usvf_error *error) {
    return configure(roots, vf, holder, wanted, false, error);
}

int usvf_set_up(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder,
    const struct usvf_settings *wanted, struct usvf_error *error) {
    return configure(roots, vf, holder, wanted, true, error);
}
