/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

int checked;

static void whole(char path[512], const struct tree *tree, const char *below) {
    snprintf(path, 512, "%s/%s", tree->root, below);
}

void tree_folder(const struct tree *tree, const char *path) {
    char folder[512];
    whole(folder, tree, path);
    for (char *slash = folder + strlen(tree->root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        CHECK(mkdir(folder, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    CHECK(mkdir(folder, 0755) == 0 || errno == EEXIST);
}

void tree_file(const struct tree *tree, const char *path, const char *text) {
    char name[512];
    whole(name, tree, path);
    FILE *file = fopen(name, "w");
    CHECK(file);
    fputs(text, file);
    fclose(file);
}

void tree_link(const struct tree *tree, const char *path, const char *target) {
    char name[512];
    whole(name, tree, path);
    CHECK(symlink(target, name) == 0);
}

void tree_delete(const struct tree *tree, const char *path) {
    char name[512];
    whole(name, tree, path);
    CHECK(remove(name) == 0);
}

void tree_make(struct tree *tree) {
    /* Thousands of small files are made ten times faster in memory. */
    strcpy(tree->root, access("/dev/shm", W_OK) == 0 ? "/dev/shm/usvf-test.XXXXXX" : "/tmp/usvf-test.XXXXXX");
    CHECK(mkdtemp(tree->root));
    snprintf(tree->sysfs, sizeof tree->sysfs, "%s/sys", tree->root);
    snprintf(tree->dev, sizeof tree->dev, "%s/dev", tree->root);
    snprintf(tree->state, sizeof tree->state, "%s/state", tree->root);
    snprintf(tree->links, sizeof tree->links, "%s/links", tree->root);
    snprintf(tree->run, sizeof tree->run, "%s/run", tree->root);
    tree->roots = (struct usvf_roots){tree->sysfs, tree->dev, tree->state, tree->links, tree->run};
    tree_folder(tree, "sys/bus/pci/devices");
    tree_folder(tree, "sys/bus/pci/drivers/igbvf");
    tree_folder(tree, "sys/bus/pci/drivers/vfio-pci");
    tree_folder(tree, "sys/kernel/iommu_groups");
    tree_folder(tree, "dev/vfio");
    tree_file(tree, "links", "");
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status, (void)kind, (void)where;
    return remove(path);
}

void tree_remove(const struct tree *tree) {
    CHECK(nftw(tree->root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

static void attribute(const struct tree *tree, const char *device, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s/%s", device, name);
    tree_file(tree, path, text);
}

void tree_pf(const struct tree *tree, const char *pf, const char *netdev, unsigned total, unsigned vfs) {
    char text[256];
    snprintf(text, sizeof text, "sys/bus/pci/devices/%s/net/%s", pf, netdev);
    tree_folder(tree, text);
    attribute(tree, pf, "vendor", "0x8086\n");
    attribute(tree, pf, "device", "0x10c9\n");
    attribute(tree, pf, "numa_node", "1\n");
    attribute(tree, pf, "sriov_vf_device", "10ca\n");
    snprintf(text, sizeof text, "%u\n", total);
    attribute(tree, pf, "sriov_totalvfs", text);
    snprintf(text, sizeof text, "%u\n", vfs);
    attribute(tree, pf, "sriov_numvfs", text);
}

void tree_vf(const struct tree *tree, const char *pf, unsigned index, const char *vf, int group) {
    char path[256], target[256];
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s", vf);
    tree_folder(tree, path);
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s/virtfn%u", pf, index);
    snprintf(target, sizeof target, "../%s", vf);
    tree_link(tree, path, target);
    attribute(tree, vf, "driver_override", "(null)\n");
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s/driver", vf);
    tree_link(tree, path, "../../drivers/igbvf");
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s/iommu_group", vf);
    snprintf(target, sizeof target, "../../../../kernel/iommu_groups/%d", group);
    tree_link(tree, path, target);
    snprintf(path, sizeof path, "sys/kernel/iommu_groups/%d/devices/%s", group, vf);
    tree_folder(tree, path);
}

struct usvf_address address_of(const char *text) {
    struct usvf_address address;
    CHECK(usvf_address_parse(text, &address));
    return address;
}
