/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which functions libvirt has assigned to VMs. Its own list is in its memory; after a restart it reads these files again:
 *
 *   libvirt/qemu/VM.xml                 the state of a running VM; host devices are <source><address>
 *   libvirt/network/NET/ports/UUID.xml  a VF that a network has assigned, before the VM starts; <plug><address>
 *   libvirt/hostdevmgr/PF_vfN           settings of a VF before its assignment; deleted when libvirt has restored them
 *
 * The last is written before a VM gets the VF, and deleted before libvirt reports that the VM has released it
 * (qemu_process.c, qemu_hotplug.c). If it is not new, and no VM has the VF, libvirt could not restore a VF that was
 * removed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libvirt.h"

/* Within this time a VM gets the VF that it is assigned. */
#define SECONDS_UNTIL_LEFT_OVER 60

/* The file of a VM with hundreds of devices has some hundred kilobytes. */
#define MOST_BYTES (4 * 1024 * 1024)

static struct usvf_assignment *add(struct usvf_libvirt *libvirt) {
    struct usvf_assignment *more = realloc(libvirt->rows, (libvirt->count + 1) * sizeof *more);
    if (!more)
        return NULL;
    libvirt->rows = more;
    more[libvirt->count] = (struct usvf_assignment){0};
    return &more[libvirt->count++];
}

static bool add_address(void *context, struct usvf_address address, const char *vm) {
    struct usvf_assignment *row = add(context);
    if (row) {
        row->vf = address;
        usvf_copy(row->vm, sizeof row->vm, vm);
    }
    return row;
}

/* Keeps the first one: it shows that the rows are incomplete. */
static void add_unreadable(struct usvf_libvirt *libvirt, const char *path, const char *why) {
    if (!libvirt->unreadable[0])
        snprintf(libvirt->unreadable, sizeof libvirt->unreadable, "%.120s %.78s", path, why);
}

static void cannot_read(struct usvf_libvirt *libvirt, const char *path, int problem) {
    char why[128];
    snprintf(why, sizeof why, "cannot be read: %.100s", strerror(problem));
    libvirt->denied = libvirt->denied || (!libvirt->unreadable[0] && usvf_code_of(problem) == USVF_NOT_PERMITTED);
    add_unreadable(libvirt, path, why);
}

/* A whole file, followed by a zero byte; NULL and errno if it is too large or not a regular file. */
static char *read_file(int file, size_t *size) {
    struct stat status;
    if (fstat(file, &status) != 0)
        return NULL;
    if (!S_ISREG(status.st_mode) || status.st_size > MOST_BYTES) {
        errno = EFBIG;
        return NULL;
    }
    char *text = malloc((size_t)status.st_size + 1);
    ssize_t length = 0;
    *size = 0;
    while (text && *size < (size_t)status.st_size &&
        (length = read(file, text + *size, (size_t)status.st_size - *size)) > 0)
        *size += (size_t)length;
    if (text && length < 0) {
        free(text);
        return NULL;
    }
    if (text)
        text[*size] = 0;
    return text;
}

static void read_xml(struct usvf_libvirt *libvirt, int folder, const char *path, const char *name) {
    char whole[PATH_MAX];
    snprintf(whole, sizeof whole, "%s/%s", path, name);
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) {
        if (errno != ENOENT) /* a VM may end meanwhile */
            cannot_read(libvirt, whole, errno);
        return;
    }
    size_t size;
    char *text = read_file(file, &size);
    if (!text)
        cannot_read(libvirt, whole, errno);
    else if (!usvf_xml_sources(text, size, add_address, libvirt))
        add_unreadable(libvirt, whole, "is not a file in the format of libvirt");
    free(text);
    close(file);
}

static bool is_new(int folder, const char *name) {
    struct stat status;
    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        time(NULL) - status.st_mtim.tv_sec < SECONDS_UNTIL_LEFT_OVER;
}

static void read_saved(struct usvf_libvirt *libvirt, int folder, const char *name) {
    const char *mark = strstr(name, "_vf"), *next;
    while (mark && (next = strstr(mark + 1, "_vf")))
        mark = next;
    char *end = NULL;
    unsigned long index = mark && mark[3] >= '0' && mark[3] <= '9' ? strtoul(mark + 3, &end, 10) : 0;
    if (!end || *end || index > UINT16_MAX)
        return; /* such as of a macvtap interface */
    if (!is_new(folder, name))
        return; /* the file of its VM lists it */
    struct usvf_assignment *row = add(libvirt);
    if (!row) {
        add_unreadable(libvirt, name, "does not fit into memory");
        return;
    }
    row->index = (unsigned)index;
    snprintf(row->pf, sizeof row->pf, "%.*s", (int)(mark - name), name);
}

static bool is_xml(const char *name) {
    size_t length = strlen(name);
    return length > 4 && name[0] != '.' && strcmp(name + length - 4, ".xml") == 0;
}

static DIR *open_entries(struct usvf_libvirt *libvirt, const char *path) {
    DIR *entries = opendir(path);
    if (!entries && errno != ENOENT && errno != ENOTDIR)
        cannot_read(libvirt, path, errno);
    return entries;
}

static void read_folder(struct usvf_libvirt *libvirt, const char *path) {
    DIR *entries = open_entries(libvirt, path);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (is_xml(entry->d_name))
            read_xml(libvirt, dirfd(entries), path, entry->d_name);
    if (entries)
        closedir(entries);
}

static void read_ports(struct usvf_libvirt *libvirt, const char *run) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/libvirt/network", run);
    DIR *entries = open_entries(libvirt, path);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/libvirt/network/%s/ports", run, entry->d_name);
        read_folder(libvirt, path);
    }
    if (entries)
        closedir(entries);
}

void usvf_libvirt_read(const struct usvf_roots *roots, struct usvf_libvirt *libvirt) {
    const char *run = usvf_run(roots);
    char path[PATH_MAX];
    *libvirt = (struct usvf_libvirt){0};
    read_ports(libvirt, run);
    snprintf(path, sizeof path, "%s/libvirt/qemu", run);
    read_folder(libvirt, path);
    snprintf(path, sizeof path, "%s/libvirt/hostdevmgr", run);
    DIR *entries = open_entries(libvirt, path);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        read_saved(libvirt, dirfd(entries), entry->d_name);
    if (entries)
        closedir(entries);
}

bool usvf_libvirt_assigned(const struct usvf_libvirt *libvirt, const char *pf, const struct usvf_vf *vf, char *reason, size_t size) {
    const struct usvf_assignment *found = NULL;
    for (size_t i = 0; i < libvirt->count && !(found && found->vm[0]); i++) {
        const struct usvf_assignment *row = &libvirt->rows[i];
        if (row->pf[0] ? pf[0] && strcmp(row->pf, pf) == 0 && row->index == vf->index
                       : usvf_address_equal(row->vf, vf->address))
            found = row;
    }
    if (found && found->vm[0])
        snprintf(reason, size, "libvirt: VM %s", found->vm);
    else if (found)
        snprintf(reason, size, "libvirt has not restored its original settings");
    return found;
}

int usvf_libvirt_check(const struct usvf_roots *roots, const struct usvf_pf *pf, const struct usvf_vf *vf, bool strict,
    struct usvf_error *error) {
    struct usvf_libvirt libvirt;
    char text[USVF_ADDRESS_TEXT], reason[128];
    int result = USVF_OK;
    usvf_address_text(vf->address, text);
    usvf_libvirt_read(roots, &libvirt);
    if (usvf_libvirt_assigned(&libvirt, pf->netdev, vf, reason, sizeof reason))
        result = usvf_fail(error, USVF_REFUSED, "VF %s is in use: %s", text, reason);
    else if (strict && libvirt.unreadable[0])
        result = usvf_fail(error, USVF_REFUSED, "VF %s may be assigned to a VM by libvirt: %s", text, libvirt.unreadable);
    usvf_libvirt_free(&libvirt);
    return result;
}

void usvf_libvirt_free(struct usvf_libvirt *libvirt) {
    free(libvirt->rows);
    *libvirt = (struct usvf_libvirt){0};
}
