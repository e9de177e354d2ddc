/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of an input are what a PF, its VF, and the state directory say; see places below for their order. What is made
 * of it is written in both forms of JSON, to /dev/null.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "fuzz.h"
#include "inventory_json.h"
#include "show.h"

#define PF "sys/bus/pci/devices/0000:01:00.0/"
#define VF "sys/bus/pci/devices/0000:01:10.0/"
/* No netdev can have this name. */
#define NETDEV "a:b"

static const char *const files[] = {PF "sriov_totalvfs", PF "sriov_numvfs", PF "vendor", PF "device", PF "numa_node",
    PF "sriov_vf_device", PF "net/" NETDEV "/phys_switch_id", PF "net/" NETDEV "/phys_port_name", VF "enable",
    "state/lease-0000:01:10.0", "state/before-0000:01:10.0", "state/fault-0000:01:10.0"};
static const char *const symlinks[] = {PF "virtfn0", PF "virtfn1", PF "driver", VF "driver", VF "iommu_group"};

static struct tree tree;

static void end(void) {
    tree_remove(&tree);
}

static void begin(void) {
    if (tree.root[0])
        return;
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", NETDEV, 8, 2);
    tree_vf(&tree, "0000:01:00.0", 0, "0000:01:10.0", 7);
    tree_vf(&tree, "0000:01:00.0", 1, "0000:01:10.1", 8);
    tree_folder(&tree, "state");
    atexit(end);
    CHECK(freopen("/dev/null", "w", stdout));
}

static void link_to(const char *path, const char *target) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", tree.root, path);
    unlink(name);
    CHECK(!target[0] || symlink(target, name) == 0);
}

static void check(const struct usvf_inventory *inventory) {
    for (size_t i = 0; i < inventory->pf_count; i++) {
        const struct usvf_pf *pf = &inventory->pfs[i];
        HOLDS(pf->vf_count <= pf->numvfs && pf->numvfs <= pf->totalvfs && pf->numa >= USVF_UNKNOWN);
        for (size_t j = 0; j < pf->vf_count; j++)
            HOLDS(pf->vfs[j].iommu_group >= USVF_UNKNOWN && strchr(pf->vfs[j].driver, '/') == NULL &&
                (pf->vfs[j].state == USVF_LEASED) <= (pf->vfs[j].lease.owner[0] != 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char line[300];
    struct usvf_inventory *inventory;
    struct usvf_error error;
    begin();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        fuzz_line(&data, &size, line, sizeof line);
        tree_file(&tree, files[i], line);
    }
    for (size_t i = 0; i < sizeof symlinks / sizeof *symlinks; i++) {
        fuzz_line(&data, &size, line, sizeof line);
        link_to(symlinks[i], line);
    }
    HOLDS(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK);
    check(inventory);
    char *json = NULL;
    size_t length;
    HOLDS(usvf_inventory_json(inventory, &json, &length));
    for (size_t i = 0; i < length; i++)
        HOLDS(json[i] == '\n' || (json[i] >= ' ' && json[i] <= '~'));
    free(json);
    show_inventory(inventory, true);
    show_inventory(inventory, false);
    usvf_inventory_free(inventory);
    return 0;
}
