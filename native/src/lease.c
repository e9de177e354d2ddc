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

static int take(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl,
    struct usvf_lease *lease, struct usvf_error *error) {
    struct usvf_inventory *inventory;
    int result = usvf_inventory_read(roots, &inventory, error);
    if (result != USVF_OK)
        return result;
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(vf, text);
    const struct usvf_pf *pf;
    const struct usvf_vf *found = usvf_inventory_find(inventory, vf, &pf);
    struct usvf_lease taken = found ? found->lease : (struct usvf_lease){0};
    if (!found)
        result = usvf_fail(error, USVF_NOT_FOUND, "%s is not a VF of this machine", text);
    else if (found->state != USVF_FREE && strcmp(taken.owner, owner) != 0)
        result = usvf_fail(error, USVF_REFUSED, "VF %s is %s%s%s", text, usvf_vf_state_word(found->state),
            taken.owner[0] || found->reason[0] ? ": " : "", taken.owner[0] ? taken.owner : found->reason);
    else if (!taken.owner[0])
        result = usvf_libvirt_check(roots, pf, found, true, error);
    usvf_inventory_free(inventory);
    if (result != USVF_OK)
        return result;
    if (!taken.owner[0]) {
        /* An expired lease may have left changes. */
        if ((result = usvf_restore_locked(roots, vf, error)) != USVF_OK ||
            (result = next_fencing(roots, &taken.fencing, error)) != USVF_OK)
            return result;
    }
    usvf_copy(taken.owner, sizeof taken.owner, owner);
    taken.expires = ttl > 0 ? (int64_t)time(NULL) + ttl : 0;
    char line[USVF_OWNER_TEXT + 64];
    snprintf(line, sizeof line, "%s %" PRIu64 " %" PRId64 "\n", owner, taken.fencing, taken.expires);
    if ((result = usvf_state_write(roots, "lease", &vf, line, error)) == USVF_OK)
        *lease = taken;
    return result;
}

int usvf_lease_take(const struct usvf_roots *roots, struct usvf_address vf, const char *owner, int64_t ttl,
    struct usvf_lease *lease, struct usvf_error *error) {
    if (!is_owner(owner) || ttl < 0)
        return usvf_fail(error, USVF_BAD_ARGUMENT, "owner must be 1 to %d printable characters without blanks, and the time to live must not be negative",
            USVF_OWNER_TEXT - 1);
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int result = take(roots, vf, owner, ttl, lease, error);
    close(lock);
    return result;
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
