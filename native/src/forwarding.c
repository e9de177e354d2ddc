/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forwarding to the standby NIC. A PF keeps the frames for a VF's MAC for the VF, even while no guest uses it, so they
 * never reach the standby NIC. With the MAC in its own filter the PF also passes them to the bridge above it. The entry is
 * recorded as detour-ADDRESS, "NETDEV MAC BOOT", before it is added.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "state.h"

int usvf_forwarding_read(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_fdb_entry *entry) {
    char text[128], boot_then[40], boot[40];
    unsigned mac[6];
    *entry = (struct usvf_fdb_entry){.self = true};
    if (usvf_state_read(roots, "detour", &vf, text, sizeof text) != 0)
        return errno == ENOENT ? 0 : -1;
    if (sscanf(text, "%15s %2x:%2x:%2x:%2x:%2x:%2x %39s", entry->netdev, &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5],
            boot_then) != 8 ||
        !usvf_read_boot(boot))
        return -1;
    for (int i = 0; i < 6; i++)
        entry->mac[i] = (uint8_t)mac[i];
    return strcmp(boot_then, boot) == 0;
}

static int write_record(const struct usvf_roots *roots, struct usvf_address vf, const struct usvf_fdb_entry *entry,
    struct usvf_error *error) {
    char text[128], boot[40];
    const uint8_t *mac = entry->mac;
    if (!usvf_read_boot(boot))
        return usvf_fail(error, USVF_FAILED, "boot ID cannot be read: %s", strerror(errno));
    snprintf(text, sizeof text, "%s %02x:%02x:%02x:%02x:%02x:%02x %s\n", entry->netdev, mac[0], mac[1], mac[2], mac[3], mac[4],
        mac[5], boot);
    return usvf_state_write(roots, "detour", &vf, text, error);
}

int usvf_forwarding_end(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error) {
    struct usvf_fdb_entry entry;
    int there = usvf_forwarding_read(roots, vf, &entry);
    if (there < 0) {
        char text[USVF_ADDRESS_TEXT];
        usvf_address_text(vf, text);
        return usvf_fail(error, USVF_FAILED, "VF %s: record of its forwarding entry is damaged", text);
    }
    int result = there > 0 ? usvf_fdb_delete(&entry, error) : USVF_OK;
    if (result != USVF_OK && result != USVF_NOT_FOUND) /* without the netdev there is no filter */
        return result;
    if (there > 0)
        usvf_fdb_flush(entry.mac);
    usvf_state_delete(roots, "detour", &vf);
    return USVF_OK;
}

static void compare(const struct usvf_fdb_entry *found, void *context) {
    struct usvf_fdb_entry *wanted = context;
    if (found->self && found->vlan == wanted->vlan && memcmp(found->mac, wanted->mac, 6) == 0)
        wanted->self = false;
}

/* An existing entry was added by another program, and stays when forwarding ends. */
static int start(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error) {
    struct usvf_fdb_entry entry = {0}, search, old;
    usvf_copy(entry.netdev, sizeof entry.netdev, found->pf->netdev);
    memcpy(entry.mac, found->vf->settings.mac, 6);
    entry.self = true;
    if (!entry.netdev[0] || !found->vf->settings.has_mac || usvf_mac_is_zero(entry.mac))
        return usvf_fail(error, USVF_REFUSED, "VF %s has no MAC that was set through its PF, so there are no frames to forward", found->text);
    int result = USVF_OK;
    if (usvf_forwarding_read(roots, found->vf->address, &old) != 1 || memcmp(&old, &entry, sizeof entry) != 0) {
        if ((result = usvf_forwarding_end(roots, found->vf->address, error)) != USVF_OK)
            return result;
        search = entry;
        result = usvf_fdb_visit(entry.netdev, compare, &search, error);
        if (result == USVF_OK && search.self && (result = usvf_saved_write(roots, found, error)) == USVF_OK)
            result = write_record(roots, found->vf->address, &entry, error);
    }
    if (result == USVF_OK)
        result = usvf_fdb_add(&entry, error);
    if (result == USVF_OK)
        usvf_fdb_flush(entry.mac);
    return result;
}

int usvf_forwarding(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, bool on,
    struct usvf_error *error) {
    struct usvf_change change;
    int result = usvf_change_begin(&change, roots, vf, holder, error);
    if (result != USVF_OK)
        return result;
    result = on ? start(roots, &change.found, error) : usvf_forwarding_end(roots, vf, error);
    usvf_change_end(&change);
    return result;
}
