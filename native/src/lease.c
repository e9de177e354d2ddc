/* SPDX-License-Identifier: Apache-2.0 */
/* Leases: taken by an owner, numbered so that a late call with an older lease is refused, and released. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libvirt.h"
#include "state.h"

static bool is_owner(const char *owner) {
    size_t length = strlen(owner);
    for (size_t i = 0; i < length; i++)
        if (owner[i] <= ' ' || owner[i] > '~')
            return false;
    return length > 0 && length < USVF_OWNER_TEXT;
}

static int next_fencing(const struct usvf_roots *roots, uint64_t *fencing, struct usvf_error *error) {
    char text[32] = "0";
    if (usvf_state_read(roots, "fencing", NULL, text, sizeof text) != 0 && errno != ENOENT)
        return usvf_fail(error, USVF_FAILED, "fencing number of the last lease cannot be read: %s", strerror(errno));
    *fencing = strtoull(text, NULL, 10) + 1;
    snprintf(text, sizeof text, "%" PRIu64 "\n", *fencing);
    return usvf_state_write(roots, "fencing", NULL, text, error);
}

/* An administrator has bound it to vfio-pci, and nothing else shows a use. */
static bool is_adoptable(const struct usvf_vf *vf) {
    return vf->state == USVF_FOREIGN && vf->signs == USVF_SIGN_BIT(USVF_SIGN_VFIO) && strcmp(vf->driver, "vfio-pci") == 0;
}

static int check_free(const struct usvf_roots *roots, const struct usvf_found *found, const char *owner, bool adopt,
    struct usvf_error *error) {
    const struct usvf_vf *vf = found->vf;
    bool adopted = adopt && is_adoptable(vf);
    if (vf->state != USVF_FREE && !adopted && strcmp(vf->lease.owner, owner) != 0)
        return usvf_fail(error, USVF_REFUSED, "VF %s is %s%s%s", found->text, usvf_vf_state_word(vf->state),
            vf->lease.owner[0] || vf->reason[0] ? ": " : "", vf->lease.owner[0] ? vf->lease.owner : vf->reason);
    int result = vf->lease.owner[0] ? USVF_OK : usvf_libvirt_check(roots, found->pf, vf, true, error);
    return result == USVF_OK && adopted ? usvf_open_check(roots, found, error) : result;
}

/* An expired lease may have left changes, which are not the settings that an adopted VF had before. */
static int end_former(const struct usvf_roots *roots, struct usvf_found *found, bool adopt, struct usvf_error *error) {
    const struct usvf_address vf = found->vf->address;
    int result = usvf_restore_locked(roots, vf, error);
    if (result != USVF_OK || !adopt)
        return result;
    usvf_inventory_free(found->inventory);
    return usvf_find(roots, vf, found, error);
}

static int write_lease(const struct usvf_roots *roots, const struct usvf_found *found, const char *owner, int64_t ttl,
    bool adopt, struct usvf_lease *taken, struct usvf_error *error) {
    const struct usvf_address vf = found->vf->address;
    char line[USVF_OWNER_TEXT + 64];
    int result = taken->owner[0] ? USVF_OK : usvf_state_reserve(roots, error);
    if (result == USVF_OK && !taken->owner[0])
        result = next_fencing(roots, &taken->fencing, error);
    if (result != USVF_OK)
        return result;
    usvf_copy(taken->owner, sizeof taken->owner, owner);
    taken->expires = ttl > 0 ? (int64_t)time(NULL) + ttl : 0;
    snprintf(line, sizeof line, "%s %" PRIu64 " %" PRId64 "\n", owner, taken->fencing, taken->expires);
    result = usvf_state_write(roots, "lease", &vf, line, error);
    /* From now on, this library is responsible for the driver. */
    if (result == USVF_OK && adopt && strcmp(found->vf->driver, "vfio-pci") == 0)
        result = usvf_saved_write(roots, found, error);
    return result;
}

static int take(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl, bool adopt,
    struct usvf_lease *lease, struct usvf_error *error) {
    struct usvf_found found;
    int result = usvf_find(roots, vf, &found, error);
    if (result != USVF_OK)
        return result;
    struct usvf_lease taken = found.vf->lease;
    if ((result = check_free(roots, &found, owner, adopt, error)) == USVF_OK &&
        (result = taken.owner[0] ? USVF_OK : end_former(roots, &found, adopt, error)) == USVF_OK &&
        (result = write_lease(roots, &found, owner, ttl, adopt, &taken, error)) == USVF_OK)
        *lease = taken;
    usvf_inventory_free(found.inventory);
    return result;
}

static int lock_and_take(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl, bool adopt,
    struct usvf_lease *lease, struct usvf_error *error) {
    if (!is_owner(owner) || ttl < 0)
        return usvf_fail(error, USVF_BAD_ARGUMENT, "owner must be 1 to %d printable characters without blanks, and the time to live must not be negative",
            USVF_OWNER_TEXT - 1);
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int result = take(roots, vf, owner, ttl, adopt, lease, error);
    close(lock);
    return result;
}

int usvf_lease_take(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl,
    struct usvf_lease *lease, struct usvf_error *error) {
    return lock_and_take(roots, vf, owner, ttl, false, lease, error);
}

int usvf_lease_adopt(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl,
    struct usvf_lease *lease, struct usvf_error *error) {
    return lock_and_take(roots, vf, owner, ttl, true, lease, error);
}

int usvf_release(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error) {
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int result = USVF_OK;
    if (usvf_holder_check(roots, vf, holder, NULL) == USVF_OK && (result = usvf_restore_locked(roots, vf, error)) == USVF_OK)
        usvf_state_delete(roots, "lease", &vf);
    close(lock);
    return result;
}
