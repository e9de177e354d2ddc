/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state directory: its lock and its files.
 *
 *   lock              held by the process that changes something
 *   fencing           number of the last lease
 *   lease-ADDRESS     "OWNER FENCING EXPIRES"
 *   before-ADDRESS    settings of the VF before its first change, the boot ID, what usvf_creation_of() returned,
 *                     and the owner of the device of an adopted VF
 *   detour-ADDRESS    forwarding entry for the VF's MAC on its PF, and the boot ID
 *   count-ADDRESS     number of VFs of the PF before its first change, and the boot ID
 *   fdb               forwarding entries set by usvf_fdb_set(), and what was there before
 *   fault-ADDRESS     why the VF could not be restored
 *   reserve           space for the records of existing leases on a full file system
 *
 * Names and formats do not change: programs and libraries of several versions may use one directory. A record of an
 * earlier boot is void, since no change survives a boot. A file is written under another name, synced, and renamed, so
 * that after a crash it is the old one or the new one.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "state.h"

#define RESERVE "reserve"

int usvf_state_lock(const struct usvf_roots *roots, struct usvf_error *error) {
    const char *path = usvf_state_dir(roots);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return -usvf_fail(error, usvf_code_of(errno), "state directory %s cannot be created: %s", path, strerror(errno));
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return -usvf_fail(error, usvf_code_of(errno), "state directory %s cannot be opened: %s", path, strerror(errno));
    struct stat status;
    bool safe = fstat(folder, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 022) == 0;
    int lock = safe ? openat(folder, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    int problem = errno;
    close(folder);
    if (!safe) /* another user could forge its files */
        return -usvf_fail(
            error, USVF_NOT_PERMITTED, "state directory %s must be owned by this user and writable by no other", path);
    if (lock < 0)
        return -usvf_fail(error, usvf_code_of(problem), "%s/lock cannot be opened: %s", path, strerror(problem));
    int locked;
    while ((locked = flock(lock, LOCK_EX)) != 0 && errno == EINTR) {
    }
    if (locked == 0)
        return lock;
    close(lock);
    return -usvf_fail(error, USVF_FAILED, "state directory %s cannot be locked: %s", path, strerror(errno));
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

bool usvf_state_space(const struct usvf_roots *roots, uint64_t *left) {
    struct statvfs space;
    if (statvfs(usvf_state_dir(roots), &space) != 0)
        return false;
    bool files = space.f_files == 0 || space.f_ffree > 1; /* some file systems have no limit of files */
    *left = files ? (uint64_t)space.f_bfree * space.f_frsize : 0;
    return true;
}

static int write_all(int file, const char *text, size_t left) {
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

/* 0, or the error. */
static int replace(int folder, const char *name, const char *text, size_t size) {
    int file = openat(folder, "new", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (file < 0)
        return errno;
    int problem = write_all(file, text, size) == 0 ? 0 : errno;
    close(file);
    if (!problem && (renameat(folder, "new", folder, name) != 0 || fsync(folder) != 0))
        problem = errno;
    if (problem)
        unlinkat(folder, "new", 0);
    return problem;
}

static int written(const struct usvf_roots *roots, const char *name, int problem, struct usvf_error *error) {
    return problem ? usvf_fail(error, usvf_code_of(problem), "%s/%s cannot be written: %s", usvf_state_dir(roots), name,
                         strerror(problem))
                   : USVF_OK;
}

static bool is_new_lease(const char *kind) {
    return strcmp(kind, "fencing") == 0 || strcmp(kind, "lease") == 0;
}

int usvf_state_write(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf, const char *text,
    struct usvf_error *error) {
    char name[64];
    file_name(name, kind, vf);
    int folder = open_state(roots);
    int problem = folder < 0 ? errno : replace(folder, name, text, strlen(text));
    if ((problem == ENOSPC || problem == EDQUOT) && !is_new_lease(kind) && unlinkat(folder, RESERVE, 0) == 0)
        problem = replace(folder, name, text, strlen(text));
    if (folder >= 0)
        close(folder);
    return written(roots, name, problem, error);
}

int usvf_state_reserve(const struct usvf_roots *roots, struct usvf_error *error) {
    static const char space[USVF_STATE_RESERVE];
    struct stat status;
    int folder = open_state(roots);
    if (folder < 0)
        return written(roots, RESERVE, errno, error);
    bool full = fstatat(folder, RESERVE, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size == USVF_STATE_RESERVE;
    int problem = full ? 0 : replace(folder, RESERVE, space, sizeof space);
    close(folder);
    return written(roots, RESERVE, problem, error);
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

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

static bool add_record(struct usvf_records *records, const char *name) {
    if ((records->count & (records->count + 1)) == 0) {
        void *more = realloc(records->names, 2 * (records->count + 1) * sizeof *records->names);
        if (!more)
            return false;
        records->names = more;
    }
    usvf_copy(records->names[records->count++], sizeof *records->names, name);
    return true;
}

int usvf_records_read(const struct usvf_roots *roots, struct usvf_records *records, struct usvf_error *error) {
    *records = (struct usvf_records){0};
    DIR *entries = opendir(usvf_state_dir(roots));
    int problem = entries || errno == ENOENT ? 0 : errno;
    while (entries && !problem) {
        errno = 0;
        struct dirent *entry = readdir(entries);
        if (!entry) {
            problem = errno;
            break;
        }
        if (strlen(entry->d_name) < sizeof *records->names && strchr(entry->d_name, '-') && !add_record(records, entry->d_name))
            problem = ENOMEM;
    }
    if (entries)
        closedir(entries);
    if (records->count)
        qsort(records->names, records->count, sizeof *records->names, by_name);
    return problem ? usvf_fail(error, usvf_code_of(problem), "state directory %s cannot be read, so leases are unknown: %s",
                         usvf_state_dir(roots), strerror(problem))
                   : USVF_OK;
}

bool usvf_records_have(const struct usvf_records *records, const char *kind, struct usvf_address vf) {
    char name[64];
    file_name(name, kind, &vf);
    return records->count && bsearch(name, records->names, records->count, sizeof *records->names, by_name);
}

void usvf_records_free(struct usvf_records *records) {
    free(records->names);
    *records = (struct usvf_records){0};
}

bool usvf_state_lease(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_lease *lease) {
    char text[USVF_OWNER_TEXT + 64];
    struct usvf_lease read = {0};
    if (usvf_state_read(roots, "lease", &vf, text, sizeof text) != 0 ||
        sscanf(text, "%1023s %" SCNu64 " %" SCNd64, read.owner, &read.fencing, &read.expires) != 3 ||
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
    return sscanf(text, "%1023s %" SCNu64 " %" SCNd64, owner, &fencing, &expires) != 3;
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

int usvf_holder_check(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error) {
    struct usvf_lease lease = {0};
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(vf, text);
    if (!usvf_state_lease(roots, vf, &lease))
        return usvf_fail(error, USVF_REFUSED, "VF %s has no lease", text);
    if (strcmp(lease.owner, holder.owner) != 0 || lease.fencing != holder.fencing)
        return usvf_fail(error, USVF_REFUSED, "VF %s is leased by %s with fencing number %" PRIu64 ", not by %s with %" PRIu64, text,
            lease.owner, lease.fencing, holder.owner, holder.fencing);
    return USVF_OK;
}
