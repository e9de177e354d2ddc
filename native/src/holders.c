/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a program has a VF open that is bound to vfio-pci. Source: Documentation/driver-api/vfio.rst of the kernel. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state.h"

/* Searches the open files of a process. 1: found, 0: not found, -1: they cannot be read. */
static int search_process(int proc, const char *pid, const char *path) {
    char name[64], target[PATH_MAX];
    int found = 0;
    snprintf(name, sizeof name, "%.20s/fd", pid);
    int folder = usvf_open_folder(proc, name);
    DIR *files = folder < 0 ? NULL : fdopendir(folder);
    if (!files) {
        if (folder >= 0)
            close(folder);
        return errno == ENOENT || errno == ESRCH ? 0 : -1;
    }
    errno = 0;
    for (struct dirent *entry; !found && (entry = readdir(files));) {
        ssize_t length = readlinkat(dirfd(files), entry->d_name, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        found = strcmp(target, path) == 0;
    }
    if (!found && errno == EACCES)
        found = -1;
    closedir(files);
    return found;
}

static int search(const char *path) {
    int proc = usvf_open_folder(AT_FDCWD, "/proc"), result = 0;
    DIR *entries = proc < 0 ? NULL : fdopendir(proc);
    if (!entries) {
        if (proc >= 0)
            close(proc);
        return -1;
    }
    for (struct dirent *entry; result <= 0 && (entry = readdir(entries));)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') {
            int one = search_process(dirfd(entries), entry->d_name, path);
            result = one ? one : result;
        }
    closedir(entries);
    return result;
}

/* The device of a VF besides that of its group; false if the kernel has none. */
static bool find_device(const struct usvf_roots *roots, const struct usvf_found *found, char path[PATH_MAX]) {
    struct stat status;
    snprintf(path, PATH_MAX, "%s/bus/pci/devices/%s/vfio-dev", usvf_sysfs(roots), found->text);
    DIR *entries = opendir(path);
    bool there = false;
    for (struct dirent *entry; entries && !there && (entry = readdir(entries));)
        if (strncmp(entry->d_name, "vfio", 4) == 0) {
            snprintf(path, PATH_MAX, "%s/vfio/devices/%s", usvf_dev(roots), entry->d_name);
            there = stat(path, &status) == 0;
        }
    if (entries)
        closedir(entries);
    return there;
}

int usvf_open_check(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/vfio/%d", usvf_dev(roots), found->vf->iommu_group);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int problem = file < 0 ? errno : 0;
    if (file >= 0)
        close(file);
    if (problem == EBUSY)
        return usvf_fail(error, USVF_REFUSED, "VF %s is in use: IOMMU group %d is open", found->text, found->vf->iommu_group);
    if (problem)
        return usvf_fail(error, USVF_REFUSED, "VF %s may be in use: %s cannot be opened: %s", found->text, path, strerror(problem));
    if (!find_device(roots, found, path))
        return USVF_OK;
    int holders = search(path);
    if (holders == 0)
        return USVF_OK;
    return usvf_fail(error, USVF_REFUSED,
        holders > 0 ? "VF %s is in use: %s is open" : "VF %s may be in use: the open files of other programs cannot be read, so who has %s open is unknown",
        found->text, path);
}
