/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which functions share the IOMMU group of a VF, and whether vfio-pci can be bound. Source: vfio_dev_viable() in drivers/vfio of the
 * kernel, sysfs-kernel-iommu_groups in its Documentation/ABI/testing.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* vfio accepts a group as long as no other function in it can access memory of the host. */
static bool is_safe_for_vfio(const char *driver) {
    return !driver[0] || strstr(driver, "vfio") || strcmp(driver, "pci-stub") == 0 || strcmp(driver, "pcieport") == 0;
}

static void add_peer(int devices, const char *name, struct usvf_address peer, struct usvf_vf *vf) {
    char path[PATH_MAX], driver[sizeof vf->blocker_driver] = "";
    if (vf->iommu_members <= USVF_PEERS)
        vf->iommu_peers[vf->iommu_members - 1] = peer;
    snprintf(path, sizeof path, "%s/driver", name);
    if (vf->blocker_driver[0] || usvf_read_link_name(devices, path, driver, sizeof driver) != 0 || is_safe_for_vfio(driver))
        return;
    vf->blocker = peer;
    usvf_copy(vf->blocker_driver, sizeof vf->blocker_driver, driver);
}

static int by_address(const void *a, const void *b) {
    uint64_t left = usvf_address_order(*(const struct usvf_address *)a), right = usvf_address_order(*(const struct usvf_address *)b);
    return left < right ? -1 : left > right;
}

void usvf_group_read(int groups, int devices, struct usvf_vf *vf) {
    char path[48];
    snprintf(path, sizeof path, "%d/devices", vf->iommu_group);
    int folder = groups < 0 ? -1 : usvf_open_folder(groups, path);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (!entries) {
        if (folder >= 0)
            close(folder);
        return;
    }
    vf->iommu_members = 1; /* the VF itself, listed or not */
    for (struct dirent *entry; (entry = readdir(entries));) {
        struct usvf_address peer;
        if (!usvf_address_parse(entry->d_name, &peer) || usvf_address_equal(peer, vf->address))
            continue;
        add_peer(devices, entry->d_name, peer, vf);
        vf->iommu_members++;
    }
    closedir(entries);
    unsigned peers = vf->iommu_members - 1;
    qsort(vf->iommu_peers, peers < USVF_PEERS ? peers : USVF_PEERS, sizeof *vf->iommu_peers, by_address);
}

enum usvf_vfio usvf_vfio_of_host(const struct usvf_roots *roots, int devices, const char *vf) {
    char path[PATH_MAX];
    struct stat status;
    snprintf(path, sizeof path, "%s/bus/pci/drivers/vfio-pci", usvf_sysfs(roots));
    if (stat(path, &status) != 0)
        return USVF_VFIO_NO_DRIVER;
    snprintf(path, sizeof path, "%s/driver_override", vf);
    return fstatat(devices, path, &status, 0) == 0 ? USVF_VFIO_READY : USVF_VFIO_NO_OVERRIDE;
}

const char *usvf_vfio_word(enum usvf_vfio vfio) {
    static const char *const words[] = {"ready", "no-iommu", "no-driver", "no-override", "group-shared"};
    return words[vfio];
}
