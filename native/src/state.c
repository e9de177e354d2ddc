/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory: lock, leases, what VFs were before, and which are at fault.
 *
 *   lock              held by whoever changes something
 *   fencing           the number of the last lease
 *   lease-ADDRESS     "OWNER FENCING EXPIRES"
 *   before-ADDRESS    what the VF was before the first change, and in which boot: none leaves changes to the next
 *   detour-ADDRESS    which PF leads the VF's frames elsewhere too, and in which boot
 *   count-ADDRESS     how many VFs the PF had, and in which boot
 *   fdb               forwarding entries that were set by hand, and what was before
 *   fault-ADDRESS     why it could not be restored
 *
 * A file is written beside its place, synced, and renamed, so that after a crash it is the old one or the new one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libvirt.h"
#include "state.h"

int usvf_state_lock(const struct usvf_roots *roots, struct usvf_error *error) {
    const char *path = usvf_state_dir(roots);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return -usvf_fail(error, usvf_code_of(errno), "the state directory %s cannot be made: %s", path, strerror(errno));
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return -usvf_fail(error, usvf_code_of(errno), "the state directory %s cannot be opened: %s", path, strerror(errno));
    struct stat status;
    int lock = -1;
    if (fstat(folder, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 022) == 0)
        lock = openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    else
        errno = EPERM; /* somebody else could write what is believed here */
    close(folder);
    if (lock < 0)
        return -usvf_fail(
            error, usvf_code_of(errno), "the state directory %s is not one of this user alone: %s", path, strerror(errno));
    int locked;
    while ((locked = flock(lock, LOCK_EX)) != 0 && errno == EINTR) {
    }
    if (locked == 0)
        return lock;
    close(lock);
    return -usvf_fail(error, USVF_FAILED, "the state directory %s cannot be locked: %s", path, strerror(errno));
}

bool usvf_read_boot(char boot[40]) {
    return usvf_read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, 40) > 0;
}

static int open_state(const struct usvf_roots *roots) {
    return open(usvf_state_dir(roots), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void file_name(char name[64], const char *kind, const struct usvf_address *vf) {
    char text[USVF_ADDRESS_TEXT] = "";
    if (vf)
        usvf_address_text(*vf, text);
    snprintf(name, 64, "%s%s%s", kind, vf ? "-" : "", text);
}

int usvf_state_read(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf, char *text, size_t size) {
    char name[64];
    file_name(name, kind, vf);
    int folder = open_state(roots);
    if (folder < 0)
        return -1;
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    close(folder);
    if (file < 0)
        return -1;
    ssize_t length = read(file, text, size - 1);
    close(file);
    if (length < 0)
        return -1;
    text[length] = 0;
    return 0;
}

static int write_all(int file, const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t written = write(file, text, left);
        if (written < 0 && errno != EINTR)
            return -1;
        if (written > 0) {
            text += written;
            left -= (size_t)written;
        }
    }
    return fsync(file);
}

int usvf_state_write(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf, const char *text,
    struct usvf_error *error) {
    char name[64];
    file_name(name, kind, vf);
    int folder = open_state(roots);
    int file = folder < 0 ? -1 : openat(folder, "new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    bool good = file >= 0 && write_all(file, text) == 0;
    int problem = errno;
    if (file >= 0)
        close(file);
    if (good) {
        good = renameat(folder, "new", folder, name) == 0 && fsync(folder) == 0;
        problem = errno;
    } else if (file >= 0) {
        unlinkat(folder, "new", 0);
    }
    if (folder >= 0)
        close(folder);
    return good ? USVF_OK
                : usvf_fail(error, usvf_code_of(problem), "%s/%s cannot be written: %s", usvf_state_dir(roots), name,
                      strerror(problem));
}

void usvf_state_delete(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf) {
    char name[64];
    file_name(name, kind, vf);
    int folder = open_state(roots);
    if (folder < 0)
        return;
    if (unlinkat(folder, name, 0) == 0)
        fsync(folder);
    close(folder);
}

bool usvf_state_lease(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_lease *lease) {
    char text[USVF_OWNER_TEXT + 64];
    struct usvf_lease read = {0};
    if (usvf_state_read(roots, "lease", &vf, text, sizeof text) != 0 ||
        sscanf(text, "%255s %" SCNu64 " %" SCNd64, read.owner, &read.fencing, &read.expires) != 3 ||
        usvf_lease_is_over(&read))
        return false;
    *lease = read;
    return true;
}

bool usvf_state_lease_is_damaged(const struct usvf_roots *roots, struct usvf_address vf) {
    char text[USVF_OWNER_TEXT + 64], owner[USVF_OWNER_TEXT];
    uint64_t fencing;
    int64_t expires;
    if (usvf_state_read(roots, "lease", &vf, text, sizeof text) != 0)
        return errno != ENOENT;
    return sscanf(text, "%255s %" SCNu64 " %" SCNd64, owner, &fencing, &expires) != 3;
}

bool usvf_lease_is_over(const struct usvf_lease *lease) {
    return lease->expires != 0 && lease->expires <= (int64_t)time(NULL);
}

bool usvf_state_fault(const struct usvf_roots *roots, struct usvf_address vf, char *reason, size_t size) {
    if (usvf_state_read(roots, "fault", &vf, reason, size) != 0) {
        reason[0] = 0;
        return false;
    }
    return true;
}

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
        return usvf_fail(error, USVF_FAILED, "the number of the last lease cannot be read: %s", strerror(errno));
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
        result = usvf_fail(error, USVF_NOT_FOUND, "%s is no VF of this machine", text);
    else if (found->state != USVF_FREE && strcmp(taken.owner, owner) != 0)
        result = usvf_fail(error, USVF_REFUSED, "VF %s is %s%s%s", text, usvf_vf_state_word(found->state),
            taken.owner[0] || found->reason[0] ? ": " : "", taken.owner[0] ? taken.owner : found->reason);
    else if (!taken.owner[0])
        result = usvf_libvirt_check(roots, pf, found, true, error);
    usvf_inventory_free(inventory);
    if (result != USVF_OK)
        return result;
    if (!taken.owner[0]) {
        /* An expired lease may have left the VF changed. */
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
        return usvf_fail(error, USVF_BAD_ARGUMENT, "an owner is 1 to %d characters without blanks, a ttl not below 0",
            USVF_OWNER_TEXT - 1);
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int result = take(roots, vf, owner, ttl, lease, error);
    close(lock);
    return result;
}

int usvf_holder_check(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error) {
    struct usvf_lease lease = {0};
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(vf, text);
    if (!usvf_state_lease(roots, vf, &lease))
        return usvf_fail(error, USVF_REFUSED, "nobody has a lease of VF %s", text);
    if (strcmp(lease.owner, holder.owner) != 0 || lease.fencing != holder.fencing)
        return usvf_fail(error, USVF_REFUSED, "VF %s is leased by %s with number %" PRIu64 ", not by %s with %" PRIu64, text,
            lease.owner, lease.fencing, holder.owner, holder.fencing);
    return USVF_OK;
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
