/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of a VF begins with: the lock, the lease, the VF, and the record of its original settings. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"

int usvf_find(const struct usvf_roots *roots, struct usvf_address address, struct usvf_found *found, struct usvf_error *error) {
    *found = (struct usvf_found){0};
    usvf_address_text(address, found->text);
    int result = usvf_inventory_read(roots, &found->inventory, error);
    if (result != USVF_OK)
        return result;
    found->vf = usvf_inventory_find(found->inventory, address, &found->pf);
    if (found->vf)
        return USVF_OK;
    usvf_inventory_free(found->inventory);
    return usvf_fail(error, USVF_NOT_FOUND, "%s is not a VF of this machine", found->text);
}

int usvf_saved_write(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error) {
    struct usvf_saved saved;
    char text[512], boot[40];
    int there = usvf_saved_read(roots, found->vf->address, &saved);
    if (there != 0)
        return there > 0 ? USVF_OK
                         : usvf_fail(error, USVF_FAILED, "VF %s: record of its original settings is damaged", found->text);
    if (!usvf_read_boot(boot))
        return usvf_fail(error, USVF_FAILED, "boot ID cannot be read: %s", strerror(errno));
    usvf_driver_read(
        roots, found->vf->address, saved.override, sizeof saved.override, saved.driver, sizeof saved.driver);
    const struct usvf_settings *s = &found->vf->settings;
    struct stat device;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/vfio/%d", usvf_dev(roots), found->vf->iommu_group);
    bool bound = strcmp(saved.driver, "vfio-pci") == 0 && stat(path, &device) == 0;
    snprintf(text, sizeof text, "%s %s %d %02x:%02x:%02x:%02x:%02x:%02x %d %d %d %d %d %" PRId64 " %" PRId64 " %s 0x%04x %" PRIu64 " %" PRId64 " %" PRId64 "\n",
        saved.driver[0] ? saved.driver : "-", saved.override[0] ? saved.override : "-", s->has_mac, s->mac[0], s->mac[1],
        s->mac[2], s->mac[3], s->mac[4], s->mac[5], s->vlan, s->qos, s->trust, s->spoofchk, s->link_state, s->min_rate,
        s->max_rate, boot, (unsigned)s->vlan_protocol, usvf_creation_of(roots, found->vf->address),
        bound ? (int64_t)device.st_uid : -1, bound ? (int64_t)device.st_gid : -1);
    return usvf_state_write(roots, "before", &found->vf->address, text, error);
}

int usvf_change_begin(struct usvf_change *change, const struct usvf_roots *roots, struct usvf_address vf,
    struct usvf_holder holder, struct usvf_error *error) {
    change->lock = usvf_state_lock(roots, error);
    if (change->lock < 0)
        return -change->lock;
    int result = usvf_holder_check(roots, vf, holder, error);
    if (result == USVF_OK)
        result = usvf_find(roots, vf, &change->found, error);
    if (result != USVF_OK)
        close(change->lock);
    return result;
}

void usvf_change_end(struct usvf_change *change) {
    usvf_inventory_free(change->found.inventory);
    close(change->lock);
}
