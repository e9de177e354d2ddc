/* SPDX-License-Identifier: Apache-2.0 */
/* What libvirt has given to VMs. Its files are as libvirt 11.3 writes them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "libvirt.h"

#define VF "0000:01:10.0"
#define OTHER "0000:01:10.1"

static struct tree tree;
static struct usvf_error error;

static void begin(void) {
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 2);
    tree_vf(&tree, "0000:01:00.0", 0, VF, 1);
    tree_vf(&tree, "0000:01:00.0", 1, OTHER, 2);
    tree_folder(&tree, "run/libvirt/qemu");
    tree_folder(&tree, "run/libvirt/network/pool/ports");
    tree_folder(&tree, "run/libvirt/hostdevmgr");
}

static void vm_has(const char *source) {
    char text[1024];
    snprintf(text, sizeof text,
        "<!-- by libvirt -->\n<domstatus state='running'>\n  <domain type='kvm' id='1'>\n    <name>web1</name>\n    <devices>\n"
        "      %s\n    </devices>\n  </domain>\n</domstatus>\n",
        source);
    tree_file(&tree, "run/libvirt/qemu/web1.xml", text);
}

static enum usvf_vf_state state_of(const char *vf, char reason[256]) {
    struct usvf_inventory *inventory;
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK);
    const struct usvf_vf *found = usvf_inventory_find(inventory, address_of(vf), NULL);
    enum usvf_vf_state state = found->state;
    usvf_copy(reason, 256, found->reason);
    usvf_inventory_free(inventory);
    return state;
}

static int lease(const char *vf, uint64_t *fencing) {
    struct usvf_lease taken = {0};
    int result = usvf_lease_take(&tree.roots, address_of(vf), "alpha", 0, &taken, &error);
    *fencing = taken.fencing;
    return result;
}

static void a_vf_of_a_running_vm_is_in_use(void) {
    static const char *const sources[] = {
        "<interface type='network'><actual type='hostdev' managed='yes'><source><address type='pci' domain='0x0000' bus='0x01' "
        "slot='0x10' function='0x0'/><origstates><unbind/></origstates></source></actual></interface>",
        "<hostdev mode='subsystem' type='pci' managed='yes'><driver name='vfio'/><source>\n<address domain='0x0000' "
        "bus='0x01' slot='0x10' function='0x0'/></source></hostdev>",
        "<hostdev><source><address domain=\"0\" bus=\"1\" slot=\"16\" function=\"0\"/></source></hostdev>"};
    char reason[256];
    uint64_t fencing;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        begin();
        vm_has(sources[i]);
        CHECK(state_of(VF, reason) == USVF_IN_USE && strcmp(reason, "libvirt: VM web1") == 0);
        CHECK(state_of(OTHER, reason) == USVF_FREE);
        CHECK(lease(VF, &fencing) == USVF_REFUSED && strstr(error.message, "web1"));
        CHECK(lease(OTHER, &fencing) == USVF_OK);
        tree_delete(&tree, "run/libvirt/qemu/web1.xml");
        CHECK(state_of(VF, reason) == USVF_FREE && lease(VF, &fencing) == USVF_OK);
        tree_remove(&tree);
    }
}

static void the_address_that_a_device_has_in_its_guest_says_nothing(void) {
    char reason[256];
    begin();
    vm_has("<interface type='bridge'><source bridge='br0'/><address type='pci' domain='0x0000' bus='0x01' slot='0x10' "
           "function='0x0'/></interface><hostdev type='usb'><source><address bus='1' device='16'/></source></hostdev>");
    CHECK(state_of(VF, reason) == USVF_FREE && !reason[0]);
    tree_remove(&tree);
}

static void a_vf_that_a_network_has_handed_out_is_in_use_before_its_vm_runs(void) {
    char reason[256];
    begin();
    tree_file(&tree, "run/libvirt/network/pool.xml", "what a network is does not matter");
    tree_file(&tree, "run/libvirt/network/pool/ports/1.xml",
        "<networkport>\n<owner>\n<name>web2</name>\n</owner>\n<plug type='hostdev-pci' managed='yes'>\n<address "
        "domain='0x0000' bus='0x01' slot='0x10' function='0x0'/>\n</plug>\n</networkport>\n");
    CHECK(state_of(VF, reason) == USVF_IN_USE && strcmp(reason, "libvirt: VM web2") == 0);
    tree_remove(&tree);
}

static void a_vf_that_libvirt_has_not_set_back_is_in_use(void) {
    char reason[256];
    begin();
    tree_file(&tree, "run/libvirt/hostdevmgr/eno1_vf1", "{\"adminMac\": \"06:b5:4b:25:a2:f5\"}");
    tree_file(&tree, "run/libvirt/hostdevmgr/eno2_vf0", "{}");
    tree_file(&tree, "run/libvirt/hostdevmgr/eno1_vf", "{}");
    CHECK(state_of(OTHER, reason) == USVF_IN_USE && strstr(reason, "libvirt"));

    struct timespec long_ago[2] = {{.tv_sec = time(NULL) - 61}, {.tv_sec = time(NULL) - 61}};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/run/libvirt/hostdevmgr/eno1_vf1", tree.root);
    CHECK(utimensat(AT_FDCWD, path, long_ago, 0) == 0);
    CHECK(state_of(OTHER, reason) == USVF_FREE);
    CHECK(state_of(VF, reason) == USVF_FREE);
    tree_remove(&tree);
}

static void a_leased_vf_that_libvirt_has_taken_is_left_alone(void) {
    char reason[256];
    uint64_t fencing;
    struct usvf_settings nothing = {.vlan = -1, .qos = -1, .trust = -1, .spoofchk = -1, .link_state = -1, .min_rate = -1,
        .max_rate = -1};
    begin();
    CHECK(lease(VF, &fencing) == USVF_OK);
    vm_has("<hostdev><source><address domain='0x0000' bus='0x01' slot='0x10' function='0x0'/></source></hostdev>");
    struct usvf_holder holder = {"alpha", fencing};
    CHECK(state_of(VF, reason) == USVF_IN_USE);
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &nothing, &error) == USVF_REFUSED);
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_REFUSED && strstr(error.message, "web1"));
    CHECK(usvf_unbind(&tree.roots, address_of(VF), holder, &error) == USVF_REFUSED);
    tree_delete(&tree, "run/libvirt/qemu/web1.xml");
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    tree_remove(&tree);
}

/* Each could hide an address. */
static void what_cannot_be_told_is_not_free(void) {
    static const char *const wrong[] = {"", "garbage", "<domstatus>", "<domstatus></domain></domstatus>", "<domstatus/>",
        "<domain><name>a</name></domain>", "<!DOCTYPE a><domstatus></domstatus>", "<domstatus></domstatus><domstatus></domstatus>",
        "<domstatus><a b></a></domstatus>", "<domstatus><![CDATA[<]]></domstatus>", "<domstatus><!-- </domstatus>",
        "<domstatus></domstatus>more", "<domstatus><source><address domain='0x0000' bus='0x01'/></source></domstatus>",
        "<domstatus><source><address type='pci' bus='0x01' slot='0x10' function='0x0'/></source></domstatus>",
        "<domstatus><source><address bus='0x01' slot='0x10' function='0x0'/></source></domstatus>",
        "<domstatus><source><address domain='0' bus='1' slot='0x20' function='0'/></source></domstatus>",
        "<domstatus><source><address domain='-1' bus='1' slot='1' function='0'/></source></domstatus>"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char reason[256];
        uint64_t fencing;
        begin();
        tree_file(&tree, "run/libvirt/qemu/web1.xml", wrong[i]);
        CHECK(state_of(VF, reason) == USVF_FOREIGN && strstr(reason, "web1.xml"));
        CHECK(lease(VF, &fencing) == USVF_REFUSED);
        tree_remove(&tree);
    }
}

static void a_lease_can_be_given_back_although_something_cannot_be_told(void) {
    uint64_t fencing;
    char reason[256];
    begin();
    CHECK(lease(VF, &fencing) == USVF_OK);
    tree_file(&tree, "run/libvirt/qemu/web1.xml", "garbage");
    struct usvf_holder holder = {"alpha", fencing};
    CHECK(state_of(VF, reason) == USVF_LEASED);
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_REFUSED);
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    tree_remove(&tree);
}

static void a_file_that_is_no_plain_one_is_not_followed(void) {
    char reason[256];
    begin();
    tree_link(&tree, "run/libvirt/qemu/web1.xml", "/dev/zero");
    CHECK(state_of(VF, reason) == USVF_FOREIGN);
    tree_delete(&tree, "run/libvirt/qemu/web1.xml");
    tree_folder(&tree, "run/libvirt/qemu/web1.xml");
    CHECK(state_of(VF, reason) == USVF_FOREIGN);
    tree_remove(&tree);
}

static void a_reader_without_rights_is_told_that_not_all_is_known(void) {
    struct usvf_inventory *inventory;
    begin();
    tree_file(&tree, "run/libvirt/qemu/web1.xml", "");
    char path[128];
    snprintf(path, sizeof path, "%s/run/libvirt/qemu/web1.xml", tree.root);
    CHECK(chmod(path, 0) == 0 && chmod(tree.root, 0755) == 0);
    uid_t self = geteuid();
    CHECK(self != 0 || seteuid(65534) == 0);
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK);
    CHECK(self != 0 || seteuid(self) == 0);
    CHECK(inventory->problem_count == 1 && strcmp(inventory->problems[0].subject, "libvirt") == 0);
    CHECK(inventory->pfs[0].vfs[0].state == USVF_FREE);
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

int main(void) {
    TEST(a_vf_of_a_running_vm_is_in_use);
    TEST(the_address_that_a_device_has_in_its_guest_says_nothing);
    TEST(a_vf_that_a_network_has_handed_out_is_in_use_before_its_vm_runs);
    TEST(a_vf_that_libvirt_has_not_set_back_is_in_use);
    TEST(a_leased_vf_that_libvirt_has_taken_is_left_alone);
    TEST(what_cannot_be_told_is_not_free);
    TEST(a_lease_can_be_given_back_although_something_cannot_be_told);
    TEST(a_file_that_is_no_plain_one_is_not_followed);
    TEST(a_reader_without_rights_is_told_that_not_all_is_known);
    printf("libvirt: %d passed\n", checked);
    return 0;
}
