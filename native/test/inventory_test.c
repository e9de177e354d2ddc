/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

static struct usvf_inventory *read_tree(const struct tree *tree) {
    struct usvf_inventory *inventory;
    struct usvf_error error;
    CHECK(usvf_inventory_read(&tree->roots, &inventory, &error) == USVF_OK);
    return inventory;
}

static void addresses_are_read_exactly(void) {
    static const char *const wrong[] = {"", "0000:01:10", "0000:01:10.8", "0000:01:20.0", "0000:01:10.0 ", "0000:01:10.0/..",
        "../../etc", "01:10.0", "0000:1:10.0", "0000:01:1g.0", "0000:01:10.0\n", "000000000:01:10.0", "0000:0A:10.0"};
    struct usvf_address address;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!usvf_address_parse(wrong[i], &address));
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(address_of("10000:e1:1f.7"), text);
    CHECK(strcmp(text, "10000:e1:1f.7") == 0);
}

static void a_machine_without_sr_iov_has_no_functions(void) {
    struct tree tree;
    tree_make(&tree);
    tree_folder(&tree, "sys/bus/pci/devices/0000:00:1f.2");
    struct usvf_inventory *inventory = read_tree(&tree);
    CHECK(inventory->pf_count == 0 && inventory->problem_count == 0);
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void thirty_two_pfs_with_128_vfs_each(void) {
    struct tree tree;
    tree_make(&tree);
    for (int pf = 31; pf >= 0; pf--) {
        char name[32], netdev[16], address[32];
        snprintf(name, sizeof name, "0000:%02x:00.0", pf * 2);
        snprintf(netdev, sizeof netdev, "eno%d", pf);
        tree_pf(&tree, name, netdev, 256, 128);
        for (int vf = 0; vf < 128; vf++) {
            snprintf(address, sizeof address, "0000:%02x:%02x.%x", pf * 2 + 1, vf / 8, vf % 8);
            tree_vf(&tree, name, (unsigned)vf, address, pf * 128 + vf);
        }
    }
    struct usvf_inventory *inventory = read_tree(&tree);
    CHECK(inventory->pf_count == 32 && inventory->problem_count == 0);
    for (unsigned i = 0; i < 32; i++) {
        const struct usvf_pf *pf = &inventory->pfs[i];
        CHECK(pf->address.bus == i * 2 && pf->vf_count == 128 && pf->numa == 1 && pf->totalvfs == 256);
        CHECK(pf->vendor == 0x8086 && pf->device == 0x10c9 && pf->vfs[127].device == 0x10ca);
        CHECK(pf->vfs[127].index == 127 && strcmp(pf->vfs[127].driver, "igbvf") == 0 && pf->vfs[127].state == USVF_FREE);
        CHECK(pf->vfs[127].iommu_group == (int)(i * 128 + 127) && pf->vfs[127].iommu_members == 1);
    }
    const struct usvf_pf *pf;
    CHECK(usvf_inventory_find(inventory, address_of("0000:3f:0f.7"), &pf) == &inventory->pfs[31].vfs[127]);
    CHECK(pf == &inventory->pfs[31]);
    CHECK(!usvf_inventory_find(inventory, address_of("0000:ff:0f.7"), NULL));
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void a_broken_function_does_not_hide_the_others(void) {
    struct tree tree;
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 3);
    tree_vf(&tree, "0000:01:00.0", 0, "0000:01:10.0", 1);
    tree_link(&tree, "sys/bus/pci/devices/0000:01:00.0/virtfn1", "../0000:01:10.2"); /* dangling */
    tree_link(&tree, "sys/bus/pci/devices/0000:01:00.0/virtfn2", "../../../../etc"); /* elsewhere */
    tree_pf(&tree, "0000:02:00.0", "eno2", 8, 9); /* more than it can have */
    tree_pf(&tree, "0000:03:00.0", "eno3", 8, 0);
    tree_file(&tree, "sys/bus/pci/devices/0000:03:00.0/sriov_totalvfs", "many\n");
    tree_pf(&tree, "0000:04:00.0", "eno4", 8, 0);
    tree_file(&tree, "sys/bus/pci/devices/0000:04:00.0/vendor", "garbage");
    struct usvf_inventory *inventory = read_tree(&tree);
    CHECK(inventory->pf_count == 3 && inventory->problem_count == 4);
    CHECK(inventory->pfs[0].vf_count == 1 && inventory->pfs[1].vf_count == 0);
    for (size_t i = 0; i < 4; i++)
        CHECK(strncmp(inventory->problems[i].subject, "0000:0", 6) == 0);
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void a_vf_says_who_is_in_its_group_and_whether_vfio_can_take_it(void) {
    struct tree tree;
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 3);
    for (unsigned i = 0; i < 3; i++) {
        char text[32];
        snprintf(text, sizeof text, "0000:01:10.%u", i);
        tree_vf(&tree, "0000:01:00.0", i, text, i < 2 ? 5 : 6);
    }
    /* More than fit, and a port above, which is no hindrance. */
    for (unsigned i = 0; i < 12; i++) {
        char path[128];
        snprintf(path, sizeof path, "sys/kernel/iommu_groups/6/devices/0000:00:%02x.0", 12 - i);
        tree_folder(&tree, path);
    }
    tree_folder(&tree, "sys/bus/pci/devices/0000:00:01.0");
    tree_link(&tree, "sys/bus/pci/devices/0000:00:01.0/driver", "../../drivers/pcieport");
    struct usvf_inventory *inventory = read_tree(&tree);
    const struct usvf_vf *vfs = inventory->pfs[0].vfs;
    CHECK(vfs[0].iommu_members == 2 && usvf_address_equal(vfs[0].iommu_peers[0], address_of("0000:01:10.1")));
    CHECK(vfs[0].vfio == USVF_VFIO_SHARED && usvf_address_equal(vfs[0].blocker, address_of("0000:01:10.1")));
    CHECK(strcmp(vfs[0].blocker_driver, "igbvf") == 0);
    CHECK(vfs[2].iommu_members == 13 && vfs[2].vfio == USVF_VFIO_READY);
    for (unsigned i = 1; i < USVF_PEERS; i++)
        CHECK(usvf_address_order(vfs[2].iommu_peers[i - 1]) < usvf_address_order(vfs[2].iommu_peers[i]));
    usvf_inventory_free(inventory);
    tree_delete(&tree, "sys/bus/pci/drivers/vfio-pci");
    inventory = read_tree(&tree);
    CHECK(inventory->pfs[0].vfs[2].vfio == USVF_VFIO_NO_DRIVER);
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void a_vf_without_iommu_is_in_no_group(void) {
    struct tree tree;
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 1);
    tree_vf(&tree, "0000:01:00.0", 0, "0000:01:10.0", 0);
    tree_delete(&tree, "sys/bus/pci/devices/0000:01:10.0/iommu_group");
    struct usvf_inventory *inventory = read_tree(&tree);
    CHECK(inventory->pfs[0].vfs[0].iommu_group == USVF_UNKNOWN && inventory->pfs[0].vfs[0].vfio == USVF_VFIO_NO_IOMMU);
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void a_group_without_a_number_is_not_group_zero(void) {
    struct tree tree;
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 1);
    tree_vf(&tree, "0000:01:00.0", 0, "0000:01:10.0", 0);
    tree_delete(&tree, "sys/bus/pci/devices/0000:01:10.0/iommu_group");
    tree_link(&tree, "sys/bus/pci/devices/0000:01:10.0/iommu_group", "../../../../kernel/iommu_groups/garbage");
    struct usvf_inventory *inventory = read_tree(&tree);
    CHECK(inventory->pfs[0].vfs[0].iommu_group == USVF_UNKNOWN && inventory->pfs[0].vfs[0].iommu_members == 0);
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

/* Always the same bytes, so that what fails once fails again. */
static void damaged_attributes_do_no_harm(void) {
    static const char *const names[] = {"vendor", "device", "numa_node", "sriov_vf_device", "sriov_totalvfs", "sriov_numvfs"};
    static const char letters[] = "0123456789abcdefx-+ \n\t%\xff";
    struct tree tree;
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 1);
    tree_vf(&tree, "0000:01:00.0", 0, "0000:01:10.0", 1);
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 3000; round++) {
        char path[128], text[48] = "";
        for (size_t i = 0; i < (size_t)round % sizeof text; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            text[i] = i + 1 < sizeof text ? letters[seed % (sizeof letters - 1)] : 0;
        }
        snprintf(path, sizeof path, "sys/bus/pci/devices/0000:01:00.0/%s", names[seed % 6]);
        tree_file(&tree, path, text);
        struct usvf_inventory *inventory = read_tree(&tree);
        for (size_t i = 0; i < inventory->pf_count; i++)
            CHECK(inventory->pfs[i].vf_count <= inventory->pfs[i].numvfs && inventory->pfs[i].numvfs <= inventory->pfs[i].totalvfs);
        usvf_inventory_free(inventory);
        if (round % 8 == 7)
            tree_pf(&tree, "0000:01:00.0", "eno1", 8, 1);
    }
    tree_remove(&tree);
}

static void a_vf_that_somebody_passes_through_is_foreign(void) {
    struct tree tree;
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 1);
    tree_vf(&tree, "0000:01:00.0", 0, "0000:01:10.0", 1);
    tree_delete(&tree, "sys/bus/pci/devices/0000:01:10.0/driver");
    tree_link(&tree, "sys/bus/pci/devices/0000:01:10.0/driver", "../../drivers/vfio-pci");
    struct usvf_inventory *inventory = read_tree(&tree);
    CHECK(inventory->pfs[0].vfs[0].state == USVF_FOREIGN && strstr(inventory->pfs[0].vfs[0].reason, "vfio-pci"));
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void a_missing_sysfs_is_an_error_that_names_it(void) {
    struct usvf_roots roots = {.sysfs = "/nonexistent/sys", .links = "/dev/null"};
    struct usvf_inventory *inventory = NULL;
    struct usvf_error error;
    CHECK(usvf_inventory_read(&roots, &inventory, &error) == USVF_FAILED && !inventory);
    CHECK(strstr(error.message, "/nonexistent/sys/bus/pci/devices"));
}

int main(void) {
    TEST(addresses_are_read_exactly);
    TEST(a_machine_without_sr_iov_has_no_functions);
    TEST(thirty_two_pfs_with_128_vfs_each);
    TEST(a_broken_function_does_not_hide_the_others);
    TEST(a_vf_says_who_is_in_its_group_and_whether_vfio_can_take_it);
    TEST(a_vf_without_iommu_is_in_no_group);
    TEST(a_group_without_a_number_is_not_group_zero);
    TEST(damaged_attributes_do_no_harm);
    TEST(a_vf_that_somebody_passes_through_is_foreign);
    TEST(a_missing_sysfs_is_an_error_that_names_it);
    printf("inventory: %d passed\n", checked);
    return 0;
}
