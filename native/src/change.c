/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a VF: what it was is on disk before the first one, and can be had back. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libvirt.h"
#include "state.h"

/* What of the wish is not so already. */
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

static const char *first_of(const struct usvf_settings *rest) {
    return rest->has_mac     ? "MAC"
        : rest->vlan >= 0     ? "VLAN"
        : rest->trust >= 0    ? "trust"
        : rest->spoofchk >= 0 ? "spoofchk"
        : rest->link_state >= 0 ? "link state"
        : rest->max_rate >= 0 ? "rate"
                              : NULL;
}

static int apply(const struct usvf_roots *roots, const struct usvf_found *found, const struct usvf_settings *wanted,
    struct usvf_error *error) {
    struct usvf_settings rest = difference(wanted, &found->vf->settings);
    const char *what = first_of(&rest);
    if (!what)
        return USVF_OK;
    if (!found->pf->netdev[0])
        return usvf_fail(
            error, USVF_FAILED, "%s of VF %s cannot be set: its PF has no netdev, so no driver", what, found->text);
    int refused = usvf_settings_write(found->pf->netdev, found->vf->index, &rest, &what);
    if (refused)
        return usvf_fail(error, usvf_code_of(-refused), "%s of VF %s cannot be set through %s: %s", what, found->text,
            found->pf->netdev, strerror(-refused));
    struct usvf_found again;
    int result = usvf_find(roots, found->vf->address, &again, error);
    if (result != USVF_OK)
        return result;
    rest = difference(wanted, &again.vf->settings);
    usvf_inventory_free(again.inventory);
    what = first_of(&rest);
    return what ? usvf_fail(error, USVF_FAILED, "%s of VF %s was set through %s and is not what it was set to", what,
                      found->text, found->pf->netdev)
                : USVF_OK;
}

static bool is_sound(const struct usvf_settings *s, const char **what) {
    *what = s->has_mac && (s->mac[0] & 1) ? "a MAC must be unicast"
        : s->vlan < USVF_UNKNOWN || s->vlan > 4094 ? "a VLAN is 0 to 4094"
        : s->qos < USVF_UNKNOWN || s->qos > 7      ? "QoS is 0 to 7"
        : s->link_state < USVF_UNKNOWN || s->link_state > 2 ? "a link state is 0, 1 or 2"
        : s->max_rate > INT32_MAX || s->min_rate > s->max_rate ? "a minimum rate is not above its maximum"
                                                               : NULL;
    return !*what;
}

int usvf_configure(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder,
    const struct usvf_settings *wanted, struct usvf_error *error) {
    const char *what;
    if (!is_sound(wanted, &what))
        return usvf_fail(error, USVF_BAD_ARGUMENT, "%s", what);
    struct usvf_held held;
    int result = usvf_change_begin(&held, roots, vf, holder, error);
    if (result != USVF_OK)
        return result;
    if ((result = usvf_libvirt_check(roots, held.found.pf, held.found.vf, false, error)) == USVF_OK &&
        (result = usvf_before_write(roots, &held.found, error)) == USVF_OK)
        result = apply(roots, &held.found, wanted, error);
    usvf_change_end(&held);
    return result;
}

/* Also nothing of the host's may live in the IOMMU group of a VF that a guest gets. */
static int check_vfio(const struct usvf_found *found, struct usvf_error *error) {
    const struct usvf_vf *vf = found->vf;
    char blocker[USVF_ADDRESS_TEXT];
    usvf_address_text(vf->blocker, blocker);
    switch (vf->vfio) {
    case USVF_VFIO_NO_IOMMU:
        return usvf_fail(error, USVF_REFUSED, "VF %s is in no IOMMU group: the IOMMU of this machine is off", found->text);
    case USVF_VFIO_NO_DRIVER:
        return usvf_fail(error, USVF_FAILED, "the driver vfio-pci is not loaded; run modprobe vfio-pci");
    case USVF_VFIO_NO_OVERRIDE:
        return usvf_fail(error, USVF_FAILED, "VF %s has no driver_override, so it cannot be given to vfio-pci", found->text);
    case USVF_VFIO_SHARED:
        return usvf_fail(error, USVF_REFUSED, "VF %s shares IOMMU group %d with %s, which %s drives", found->text,
            vf->iommu_group, blocker, vf->blocker_driver);
    default:
        return USVF_OK;
    }
}

static int give_group(const struct usvf_roots *roots, const struct usvf_found *found, int64_t user, int64_t group,
    struct usvf_error *error) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/vfio/%d", usvf_dev(roots), found->vf->iommu_group);
    if ((user >= 0 || group >= 0) && lchown(path, (uid_t)user, (gid_t)group) != 0)
        return usvf_fail(error, usvf_code_of(errno), "%s cannot be given to user %" PRId64 ": %s", path, user, strerror(errno));
    return USVF_OK;
}

static int bind_found(const struct usvf_roots *roots, const struct usvf_found *found, int64_t user, int64_t group,
    struct usvf_error *error) {
    if (found->vf->up || found->vf->master)
        return usvf_fail(error, USVF_REFUSED, "VF %s is in use: its netdev %s is %s", found->text, found->vf->netdev,
            found->vf->up ? "up" : "a port of another one");
    int result = usvf_libvirt_check(roots, found->pf, found->vf, true, error);
    if (result == USVF_OK)
        result = check_vfio(found, error);
    if (result == USVF_OK)
        result = usvf_before_write(roots, found, error);
    if (result != USVF_OK)
        return result;
    char override[32], driver[32];
    usvf_driver_read(roots, found->vf->address, override, sizeof override, driver, sizeof driver);
    result = usvf_driver_set(roots, found->vf->address, "vfio-pci", "vfio-pci", error);
    if (result == USVF_OK)
        result = give_group(roots, found, user, group, error);
    if (result != USVF_OK)
        usvf_driver_set(roots, found->vf->address, override, driver, NULL);
    return result;
}

int usvf_bind(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, int64_t user,
    int64_t group, struct usvf_error *error) {
    struct usvf_held held;
    int result = usvf_change_begin(&held, roots, vf, holder, error);
    if (result != USVF_OK)
        return result;
    result = bind_found(roots, &held.found, user, group, error);
    usvf_change_end(&held);
    return result;
}

/* Surer than the inventory, which must not open a group: it sees one whose device QEMU is about to take. */
static int check_unused(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error) {
    bool open_ = found->vf->state == USVF_IN_USE && !found->vf->netdev[0];
    if (!open_ && strcmp(found->vf->driver, "vfio-pci") == 0 && found->vf->iommu_group >= 0) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/vfio/%d", usvf_dev(roots), found->vf->iommu_group);
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        open_ = file < 0 && errno == EBUSY;
        if (file >= 0)
            close(file);
    }
    return open_ ? usvf_fail(error, USVF_REFUSED, "VF %s is in use: IOMMU group %d is open", found->text, found->vf->iommu_group)
                 : usvf_libvirt_check(roots, found->pf, found->vf, false, error);
}

static int unbind_found(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error) {
    struct usvf_before before;
    int result = check_unused(roots, found, error);
    if (result != USVF_OK)
        return result;
    int there = usvf_before_read(roots, found->vf->address, &before);
    if (there < 0)
        return usvf_fail(error, USVF_FAILED, "the record of what VF %s was before is damaged", found->text);
    return there == 0 ? USVF_OK : usvf_driver_set(roots, found->vf->address, before.override, before.driver, error);
}

int usvf_unbind(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error) {
    struct usvf_held held;
    int result = usvf_change_begin(&held, roots, vf, holder, error);
    if (result != USVF_OK)
        return result;
    result = unbind_found(roots, &held.found, error);
    usvf_change_end(&held);
    return result;
}

/* Some drivers take every MAC but the zero that they start with; libvirt then leaves a local one, and so do we. */
static int apply_before(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_settings settings,
    struct usvf_error *error) {
    int result = apply(roots, found, &settings, error);
    if (result == USVF_FAILED && settings.has_mac && usvf_mac_is_zero(settings.mac)) {
        settings.mac[0] = 2;
        result = apply(roots, found, &settings, error);
    }
    return result;
}

static int restore_found(const struct usvf_roots *roots, const struct usvf_found *found, const struct usvf_before *before,
    struct usvf_error *error) {
    int result = check_unused(roots, found, error);
    if (result != USVF_OK)
        return result;
    result = apply_before(roots, found, before->settings, error);
    /* The driver comes back even if a setting does not. */
    int driver = usvf_driver_set(roots, found->vf->address, before->override, before->driver, result == USVF_OK ? error : NULL);
    return result == USVF_OK ? driver : result;
}

static void quarantine(const struct usvf_roots *roots, struct usvf_address vf, const struct usvf_error *why) {
    char reason[256];
    snprintf(reason, sizeof reason, "%.250s", why->message);
    usvf_state_write(roots, "fault", &vf, reason, NULL);
}

static int restore_recorded(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error) {
    struct usvf_before before;
    struct usvf_found found;
    int there = usvf_before_read(roots, vf, &before);
    if (there <= 0)
        return there == 0 ? USVF_OK : usvf_fail(error, USVF_FAILED, "the record of what it was before is damaged");
    int result = usvf_find(roots, vf, &found, error);
    if (result == USVF_OK) {
        result = restore_found(roots, &found, &before, error);
        usvf_inventory_free(found.inventory);
    }
    return result;
}

int usvf_restore_locked(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error) {
    struct usvf_error own = {0};
    int result = restore_recorded(roots, vf, &own);
    /* The detour ends even if something else does not come back. */
    int detour = usvf_detour_end(roots, vf, result == USVF_OK ? &own : NULL);
    if (result == USVF_OK)
        result = detour;
    if (result == USVF_OK) {
        usvf_state_delete(roots, "before", &vf);
        usvf_state_delete(roots, "fault", &vf);
        return USVF_OK;
    }
    if (result == USVF_FAILED)
        quarantine(roots, vf, &own);
    if (error)
        *error = own;
    return result;
}

int usvf_restore(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error) {
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int count = usvf_count_recorded(roots, vf);
    int result = count < 0 ? usvf_restore_locked(roots, vf, error) : usvf_count_set(roots, vf, (unsigned)count, error);
    if (result == USVF_OK)
        usvf_state_delete(roots, "count", &vf);
    close(lock);
    return result;
}

int usvf_restore_stale(const struct usvf_roots *roots, unsigned *restored, struct usvf_error *error) {
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int result = USVF_OK;
    *restored = 0;
    DIR *entries = opendir(usvf_state_dir(roots));
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        struct usvf_address vf;
        struct usvf_lease lease;
        if (strncmp(entry->d_name, "before-", 7) != 0 || !usvf_address_parse(entry->d_name + 7, &vf) ||
            usvf_state_lease(roots, vf, &lease))
            continue;
        int one = usvf_restore_locked(roots, vf, result == USVF_OK ? error : NULL);
        *restored += one == USVF_OK;
        if (result == USVF_OK)
            result = one;
    }
    if (entries)
        closedir(entries);
    close(lock);
    return result;
}
