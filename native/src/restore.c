/* SPDX-License-Identifier: Apache-2.0 */
/* Brings functions back to what they were before their first change. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "state.h"

/* Some drivers reject the zero MAC that they start with; then, as libvirt does, a local MAC is set. */
static int apply_saved(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_settings settings,
    struct usvf_error *error) {
    int result = usvf_settings_apply(roots, found, &settings, error);
    if (result == USVF_FAILED && settings.has_mac && usvf_mac_is_zero(settings.mac)) {
        settings.mac[0] = 2;
        result = usvf_settings_apply(roots, found, &settings, error);
    }
    return result;
}

/* An adopted VF stays bound to vfio-pci, and so the device of its group remains. */
static int restore_owner(const struct usvf_roots *roots, const struct usvf_found *found, const struct usvf_saved *saved,
    struct usvf_error *error) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/vfio/%d", usvf_dev(roots), found->vf->iommu_group);
    if (lchown(path, (uid_t)saved->user, (gid_t)saved->group) == 0)
        return USVF_OK;
    return usvf_fail(error, usvf_code_of(errno), "%s: owner cannot be restored to user %" PRId64 ": %s", path, saved->user, strerror(errno));
}

static int restore_found(const struct usvf_roots *roots, const struct usvf_found *found, const struct usvf_saved *saved,
    struct usvf_error *error) {
    int result = usvf_unused_check(roots, found, error);
    if (result != USVF_OK)
        return result;
    result = apply_saved(roots, found, saved->settings, error);
    /* The driver is restored even if a setting cannot be. */
    int driver = usvf_driver_set(roots, found->vf->address, saved->override, saved->driver, result == USVF_OK ? error : NULL);
    if (driver == USVF_OK && saved->user >= 0)
        driver = restore_owner(roots, found, saved, result == USVF_OK ? error : NULL);
    return result == USVF_OK ? driver : result;
}

static void mark_fault(const struct usvf_roots *roots, struct usvf_address vf, const struct usvf_error *why) {
    char reason[256];
    snprintf(reason, sizeof reason, "%.250s", why->message);
    usvf_state_write(roots, "fault", &vf, reason, NULL);
}

static int restore_saved(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error) {
    struct usvf_saved saved;
    struct usvf_found found;
    int there = usvf_saved_read(roots, vf, &saved);
    if (there <= 0)
        return there == 0 ? USVF_OK : usvf_fail(error, USVF_FAILED, "record of its original settings is damaged");
    int result = usvf_find(roots, vf, &found, error);
    if (result == USVF_OK) {
        result = restore_found(roots, &found, &saved, error);
        usvf_inventory_free(found.inventory);
    }
    return result;
}

int usvf_restore_locked(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error) {
    struct usvf_error own = {0};
    int result = restore_saved(roots, vf, &own);
    /* Forwarding ends even if something else cannot be restored. */
    int forwarding = usvf_forwarding_end(roots, vf, result == USVF_OK ? &own : NULL);
    if (result == USVF_OK)
        result = forwarding;
    if (result == USVF_OK) {
        usvf_state_delete(roots, "before", &vf);
        usvf_state_delete(roots, "fault", &vf);
        return USVF_OK;
    }
    if (result == USVF_FAILED)
        mark_fault(roots, vf, &own);
    if (error)
        *error = own;
    return result;
}

int usvf_restore(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error) {
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int count = usvf_numvfs_saved(roots, vf);
    int result = count < 0 ? usvf_restore_locked(roots, vf, error) : usvf_numvfs_set(roots, vf, (unsigned)count, error);
    if (result == USVF_OK)
        usvf_state_delete(roots, "count", &vf);
    close(lock);
    return result;
}

int usvf_restore_stale(const struct usvf_roots *roots, unsigned *restored, struct usvf_error *error) {
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    *restored = 0;
    DIR *entries = opendir(usvf_state_dir(roots));
    int result = entries ? USVF_OK
                         : usvf_fail(error, usvf_code_of(errno), "state directory %s cannot be read: %s", usvf_state_dir(roots), strerror(errno));
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
