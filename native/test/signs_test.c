/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VF that another program uses is not free, whatever shows it, and nothing is written to it.
 *
 * signs_test --kinds, signs_test --make KIND: for strangers-test
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <rdma/rdma_netlink.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "devlink.h"
#include "rdma.h"
#include "state.h"

#define PF "0000:01:00.0"
#define VF "0000:01:10.0"
#define HERE "sys/bus/pci/devices/" VF

static struct tree tree;
static struct usvf_error error;
static FILE *links;

/* One netdev of the recording; lower, master: indexes or 0; count: number of VFs that it reports, or 0 */
static void row_of(const char *name, int index, unsigned short type, bool up, int lower, int master, bool vfs, uint32_t count) {
    struct ifinfomsg info = {.ifi_index = index, .ifi_type = type, .ifi_flags = up ? IFF_UP : 0};
    struct usvf_request request;
    usvf_request_begin(&request, RTM_NEWLINK, 0, &info, sizeof info);
    usvf_request_add(&request, IFLA_IFNAME, name, strlen(name) + 1);
    if (lower)
        usvf_request_add(&request, IFLA_LINK, &lower, sizeof lower);
    if (master)
        usvf_request_add(&request, IFLA_MASTER, &master, sizeof master);
    if (count)
        usvf_request_add(&request, IFLA_NUM_VF, &count, sizeof count);
    if (vfs) {
        struct ifla_vf_mac mac = {.vf = 0, .mac = {0x52, 0x54, 0, 1, 2, 3}};
        void *list = usvf_request_nest(&request, IFLA_VFINFO_LIST | NLA_F_NESTED);
        void *vf = usvf_request_nest(&request, IFLA_VF_INFO | NLA_F_NESTED);
        usvf_request_add(&request, IFLA_VF_MAC, &mac, sizeof mac);
        usvf_request_end_nest(&request, vf);
        usvf_request_end_nest(&request, list);
    }
    struct nlmsghdr head;
    memcpy(&head, request.bytes, sizeof head);
    CHECK(fwrite(request.bytes, head.nlmsg_len, 1, links) == 1);
}

static void row(const char *name, int index, unsigned short type, bool up, int lower, int master, bool vfs) {
    row_of(name, index, type, up, lower, master, vfs, 0);
}

static void begin_links(void) {
    links = fopen(tree.links, "w");
    CHECK(links);
    row("eno1", 2, ARPHRD_ETHER, true, 0, 0, true);
}

static void end_links(void) {
    CHECK(fclose(links) == 0);
}

static void down(void) {
    begin_links();
    row("eno1v0", 3, ARPHRD_ETHER, false, 0, 0, false);
    end_links();
}

/* A free VF with its netdev. */
static void begin(void) {
    tree_make(&tree);
    tree_pf(&tree, PF, "eno1", 8, 1);
    tree_file(&tree, "sys/bus/pci/devices/" PF "/class", "0x020000\n");
    tree_vf(&tree, PF, 0, VF, 1);
    tree_file(&tree, HERE "/enable", "1\n");
    tree_folder(&tree, HERE "/net/eno1v0");
    down();
}

static void without_netdev(const char *enable) {
    tree_delete(&tree, HERE "/net/eno1v0");
    tree_delete(&tree, HERE "/net");
    tree_file(&tree, HERE "/enable", enable);
}

static void bound_to(const char *driver, const char *enable) {
    char target[64];
    without_netdev(enable);
    tree_delete(&tree, HERE "/driver");
    snprintf(target, sizeof target, "../../drivers/%s", driver);
    tree_link(&tree, HERE "/driver", target);
}

static void pf_without_netdev(void) {
    tree_delete(&tree, "sys/bus/pci/devices/" PF "/net/eno1");
    tree_delete(&tree, "sys/bus/pci/devices/" PF "/net");
}

static void a_vm_of_libvirt(void) {
    tree_folder(&tree, "run/libvirt/qemu");
    tree_file(&tree, "run/libvirt/qemu/web1.xml",
        "<domstatus state='running'><domain type='kvm'><name>web1</name><devices><hostdev mode='subsystem' type='pci'><source>"
        "<address domain='0x0000' bus='0x01' slot='0x10' function='0x0'/></source></hostdev></devices></domain></domstatus>");
}

static void open_by_a_guest(void) {
    bound_to("vfio-pci", "1\n");
}

static void open_by_a_guest_through_a_variant_driver(void) {
    bound_to("mlx5_vfio_pci", "1\n");
}

static void of_a_container(void) {
    tree_delete(&tree, HERE "/net/eno1v0");
}

static void half_of_a_container(void) {
    /* The kernel counts the netdev of another namespace among the links, and does not list it. */
    tree_folder(&tree, HERE "/net/.other");
}

static void up(void) {
    begin_links();
    row("eno1v0", 3, ARPHRD_ETHER, true, 0, 0, false);
    end_links();
}

static void port_of_a_bridge(void) {
    begin_links();
    row("eno1v0", 3, ARPHRD_ETHER, false, 0, 9, false);
    end_links();
}

static void below_a_macvtap(void) {
    begin_links();
    row("eno1v0", 3, ARPHRD_ETHER, false, 0, 0, false);
    row("macvtap0", 4, ARPHRD_ETHER, false, 3, 0, false);
    end_links();
}

static void below_a_vlan_by_sysfs(void) {
    tree_folder(&tree, HERE "/net/eno1v0/upper_eno1v0.7");
}

static void with_an_address_of(unsigned char family, unsigned char scope, bool is_up) {
    struct ifaddrmsg address = {.ifa_family = family, .ifa_scope = scope, .ifa_index = 3};
    struct usvf_request request;
    struct nlmsghdr head;
    begin_links();
    row("eno1v0", 3, ARPHRD_ETHER, is_up, 0, 0, false);
    usvf_request_begin(&request, RTM_NEWADDR, 0, &address, sizeof address);
    memcpy(&head, request.bytes, sizeof head);
    CHECK(fwrite(request.bytes, head.nlmsg_len, 1, links) == 1);
    end_links();
}

static void with_an_address(void) {
    with_an_address_of(AF_INET, RT_SCOPE_UNIVERSE, false);
}

static void of_a_netdev_that_is_not_listed(void) {
    begin_links();
    end_links();
}

static void with_an_rdma_device(void) {
    tree_folder(&tree, HERE "/infiniband/not_of_this_kernel");
}

static void with_a_vdpa_device(void) {
    tree_folder(&tree, HERE "/vdpa0");
}

static void with_a_vdpa_device_of_an_auxiliary_device(void) {
    tree_folder(&tree, "sys/bus/vdpa/devices");
    tree_link(&tree, "sys/bus/vdpa/devices/vdpa3", "../../../devices/pci0000:00/0000:00:01.0/" VF "/mlx5_core.vnet.2/vdpa3");
}

static void enabled_by_another_driver(void) {
    bound_to("some_crypto", "1\n");
}

static void enabled_without_driver(void) {
    without_netdev("1\n");
    tree_delete(&tree, HERE "/driver");
}

static void bound_to_vfio(void) {
    bound_to("vfio-pci", "0\n");
}

static void bound_to_a_variant_driver(void) {
    bound_to("virtio_vfio_pci", "0\n");
}

static void bound_to_a_vfio_driver_of_any_name(void) {
    bound_to("acme_pass", "0\n");
    tree_folder(&tree, HERE "/vfio-dev/vfio7");
}

static void bound_to_uio(void) {
    bound_to("igb_uio", "0\n");
}

static void bound_to_a_uio_driver_of_any_name(void) {
    bound_to("acme_user", "0\n");
    tree_folder(&tree, HERE "/uio/uio0");
}

static void reserved(void) {
    bound_to("pci-stub", "0\n");
}

static void reserved_by_xen(void) {
    bound_to("xen-pciback", "0\n");
}

static void with_an_override(void) {
    tree_file(&tree, HERE "/driver_override", "vfio-pci\n");
}

static void next_to_a_vm_that_cannot_be_read(void) {
    tree_folder(&tree, "run/libvirt/qemu");
    tree_file(&tree, "run/libvirt/qemu/web1.xml", "<domstatus");
}

static void of_a_crypto_device(void) {
    tree_file(&tree, "sys/bus/pci/devices/" PF "/class", "0x0b4000\n");
}

static void of_infiniband(void) {
    links = fopen(tree.links, "w");
    CHECK(links);
    row("eno1", 2, ARPHRD_INFINIBAND, true, 0, 0, true);
    row("eno1v0", 3, ARPHRD_INFINIBAND, false, 0, 0, false);
    end_links();
}

static void of_a_pf_on_vfio(void) {
    pf_without_netdev();
    tree_link(&tree, "sys/bus/pci/devices/" PF "/driver", "../../drivers/vfio-pci");
}

static void of_a_pf_without_driver(void) {
    pf_without_netdev();
}

/* Such as virtio-net: its driver has no settings of VFs. */
static void of_a_pf_whose_driver_has_no_settings_of_vfs(void) {
    links = fopen(tree.links, "w");
    CHECK(links);
    row_of("eno1", 2, ARPHRD_ETHER, true, 0, 0, false, 1);
    row("eno1v0", 3, ARPHRD_ETHER, false, 0, 0, false);
    end_links();
}

static void unreadable(const char *name) {
    char path[128];
    snprintf(path, sizeof path, HERE "/%s", name);
    tree_delete(&tree, path);
    tree_folder(&tree, path);
}

static void whose_override_cannot_be_read(void) {
    unreadable("driver_override");
}

static void whose_driver_cannot_be_read(void) {
    unreadable("driver");
}

static void of_which_enabling_cannot_be_read(void) {
    without_netdev("0\n");
    unreadable("enable");
}

static void of_which_enabling_is_no_number(void) {
    without_netdev("maybe\n");
}

static void next_to_vdpa_devices_that_cannot_be_listed(void) {
    tree_folder(&tree, "sys/bus/vdpa");
    tree_file(&tree, "sys/bus/vdpa/devices", "");
}

static void of_a_pf_in_a_container(void) {
    tree_delete(&tree, "sys/bus/pci/devices/" PF "/net/eno1");
}

static const struct kind {
    const char *name;
    void (*make)(void);
    enum usvf_sign sign;
    enum usvf_vf_state state;
    const char *text;
} kinds[] = {
    {"libvirt", a_vm_of_libvirt, USVF_SIGN_LIBVIRT, USVF_IN_USE, "libvirt: VM web1"},
    {"open", open_by_a_guest, USVF_SIGN_OPEN, USVF_IN_USE, "IOMMU group 1 is open"},
    {"open-variant", open_by_a_guest_through_a_variant_driver, USVF_SIGN_OPEN, USVF_IN_USE, "IOMMU group 1 is open"},
    {"network-namespace", of_a_container, USVF_SIGN_NAMESPACE, USVF_IN_USE, "another network namespace"},
    {"network-namespace-2", half_of_a_container, USVF_SIGN_NAMESPACE, USVF_IN_USE, "another network namespace"},
    {"up", up, USVF_SIGN_UP, USVF_IN_USE, "its netdev eno1v0 is up"},
    {"master", port_of_a_bridge, USVF_SIGN_MASTER, USVF_IN_USE, "eno1v0 is a port of another netdev"},
    {"upper", below_a_macvtap, USVF_SIGN_UPPER, USVF_IN_USE, "netdev macvtap0 is on top"},
    {"upper-sysfs", below_a_vlan_by_sysfs, USVF_SIGN_UPPER, USVF_IN_USE, "netdev eno1v0.7 is on top"},
    {"address", with_an_address, USVF_SIGN_ADDRESS, USVF_IN_USE, "has an IP address"},
    {"netdev-unknown", of_a_netdev_that_is_not_listed, USVF_SIGN_NETDEV_UNKNOWN, USVF_IN_USE, "use of its netdev eno1v0 is unknown"},
    {"rdma-unknown", with_an_rdma_device, USVF_SIGN_RDMA_UNKNOWN, USVF_IN_USE, "RDMA device not_of_this_kernel is unknown"},
    {"vdpa", with_a_vdpa_device, USVF_SIGN_VDPA, USVF_IN_USE, "vDPA device vdpa0"},
    {"vdpa-auxiliary", with_a_vdpa_device_of_an_auxiliary_device, USVF_SIGN_VDPA, USVF_IN_USE, "vDPA device vdpa3"},
    {"enabled", enabled_by_another_driver, USVF_SIGN_ENABLED, USVF_IN_USE, "some_crypto has enabled it"},
    {"enabled-alone", enabled_without_driver, USVF_SIGN_ENABLED, USVF_IN_USE, "a program has enabled it"},
    {"unreadable-override", whose_override_cannot_be_read, USVF_SIGN_UNREADABLE, USVF_IN_USE, "'driver_override' in sysfs"},
    {"unreadable-driver", whose_driver_cannot_be_read, USVF_SIGN_UNREADABLE, USVF_IN_USE, "'driver' in sysfs"},
    {"unreadable-enable", of_which_enabling_cannot_be_read, USVF_SIGN_UNREADABLE, USVF_IN_USE, "'enable' in sysfs"},
    {"odd-enable", of_which_enabling_is_no_number, USVF_SIGN_UNREADABLE, USVF_IN_USE, "'enable' in sysfs"},
    {"unreadable-vdpa", next_to_vdpa_devices_that_cannot_be_listed, USVF_SIGN_UNREADABLE, USVF_IN_USE, "'bus/vdpa' in sysfs"},
    {"vfio", bound_to_vfio, USVF_SIGN_VFIO, USVF_FOREIGN, "bound to vfio-pci without a lease"},
    {"vfio-variant", bound_to_a_variant_driver, USVF_SIGN_VFIO, USVF_FOREIGN, "bound to virtio_vfio_pci without a lease"},
    {"vfio-any", bound_to_a_vfio_driver_of_any_name, USVF_SIGN_VFIO, USVF_FOREIGN, "bound to acme_pass without a lease"},
    {"uio", bound_to_uio, USVF_SIGN_UIO, USVF_FOREIGN, "bound to igb_uio"},
    {"uio-any", bound_to_a_uio_driver_of_any_name, USVF_SIGN_UIO, USVF_FOREIGN, "bound to acme_user"},
    {"stub", reserved, USVF_SIGN_STUB, USVF_FOREIGN, "bound to pci-stub"},
    {"stub-xen", reserved_by_xen, USVF_SIGN_STUB, USVF_FOREIGN, "bound to xen-pciback"},
    {"driver-override", with_an_override, USVF_SIGN_DRIVER_OVERRIDE, USVF_FOREIGN, "driver_override is 'vfio-pci'"},
    {"libvirt-unknown", next_to_a_vm_that_cannot_be_read, USVF_SIGN_LIBVIRT_UNKNOWN, USVF_FOREIGN, "libvirt may have assigned it"},
    {"not-network", of_a_crypto_device, USVF_SIGN_NOT_NETWORK, USVF_UNUSABLE, "PCI class 0b4000"},
    {"pf-infiniband", of_infiniband, USVF_SIGN_PF, USVF_UNUSABLE, "InfiniBand"},
    {"pf-vfio", of_a_pf_on_vfio, USVF_SIGN_PF, USVF_UNUSABLE, "bound to vfio-pci"},
    {"pf-without-driver", of_a_pf_without_driver, USVF_SIGN_PF, USVF_UNUSABLE, "has no driver"},
    {"pf-without-settings", of_a_pf_whose_driver_has_no_settings_of_vfs, USVF_SIGN_PF, USVF_UNUSABLE, "does not report the settings"},
    {"pf-container", of_a_pf_in_a_container, USVF_SIGN_PF, USVF_UNUSABLE, "another network namespace"},
};

static struct usvf_vf read_vf(void) {
    struct usvf_inventory *inventory;
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK);
    const struct usvf_vf *found = usvf_inventory_find(inventory, address_of(VF), NULL);
    CHECK(found);
    struct usvf_vf copy = *found;
    usvf_inventory_free(inventory);
    return copy;
}

static const struct usvf_settings another_mac = {.mac = {2, 0, 0, 0, 0, 9},
    .has_mac = true,
    .vlan = USVF_UNKNOWN,
    .qos = USVF_UNKNOWN,
    .trust = USVF_UNKNOWN,
    .spoofchk = USVF_UNKNOWN,
    .link_state = USVF_UNKNOWN,
    .min_rate = USVF_UNKNOWN,
    .max_rate = USVF_UNKNOWN};

static const struct usvf_settings nothing = {.vlan = USVF_UNKNOWN,
    .qos = USVF_UNKNOWN,
    .trust = USVF_UNKNOWN,
    .spoofchk = USVF_UNKNOWN,
    .link_state = USVF_UNKNOWN,
    .min_rate = USVF_UNKNOWN,
    .max_rate = USVF_UNKNOWN};

static void every_sign_has_a_kind_and_a_name(void) {
    uint32_t seen = USVF_SIGN_BIT(USVF_SIGN_RDMA); /* no tree has an open RDMA device */
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        seen |= USVF_SIGN_BIT(kinds[i].sign);
    CHECK(seen == USVF_SIGN_BIT(USVF_SIGNS) - 1);
    for (enum usvf_sign sign = 0; sign < USVF_SIGNS; sign++)
        CHECK(usvf_sign_word(sign)[0]);
}

static void a_vf_without_a_sign_is_free(void) {
    struct usvf_lease lease;
    begin();
    struct usvf_vf vf = read_vf();
    CHECK(vf.state == USVF_FREE && vf.signs == 0 && !vf.reason[0] && strcmp(vf.netdev, "eno1v0") == 0);
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_OK);
    tree_remove(&tree);
}

static void a_vf_with_a_sign_is_not_leased_and_the_refusal_says_why(void) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct usvf_lease lease;
        begin();
        kinds[i].make();
        struct usvf_vf vf = read_vf();
        if (vf.state != kinds[i].state || !(vf.signs & USVF_SIGN_BIT(kinds[i].sign)) || !strstr(vf.reason, kinds[i].text))
            fprintf(stderr, "kind %s: state %s, signs %x, reason %s\n", kinds[i].name, usvf_vf_state_word(vf.state), vf.signs, vf.reason);
        CHECK(vf.state == kinds[i].state && vf.signs & USVF_SIGN_BIT(kinds[i].sign) && strstr(vf.reason, kinds[i].text));
        CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_REFUSED);
        CHECK(strstr(error.message, kinds[i].text));
        tree_remove(&tree);
    }
}

/* It was free when it was leased. */
static void a_leased_vf_that_another_program_takes_is_not_changed(void) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct usvf_lease lease;
        if (kinds[i].state == USVF_UNUSABLE || kinds[i].sign == USVF_SIGN_LIBVIRT_UNKNOWN)
            continue;
        begin();
        CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_OK);
        kinds[i].make();
        struct usvf_holder holder = {"alpha", lease.fencing};
        CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &another_mac, &error) == USVF_REFUSED);
        CHECK(strstr(error.message, kinds[i].text));
        CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_REFUSED);
        tree_remove(&tree);
    }
}

/* A record of the settings before makes this library responsible for vfio-pci, and for nothing else. */
static void what_another_program_uses_is_not_restored(void) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char boot[40], text[200];
        enum usvf_sign sign = kinds[i].sign;
        bool harmless = sign == USVF_SIGN_UP || sign == USVF_SIGN_DRIVER_OVERRIDE || sign == USVF_SIGN_ENABLED ||
            sign == USVF_SIGN_LIBVIRT_UNKNOWN || strcmp(kinds[i].name, "vfio") == 0;
        if (kinds[i].state == USVF_UNUSABLE || harmless)
            continue;
        begin();
        kinds[i].make();
        CHECK(usvf_read_boot(boot));
        tree_folder(&tree, "state");
        snprintf(text, sizeof text, "igbvf - 1 02:00:00:00:00:01 0 0 0 1 0 0 0 %s\n", boot);
        tree_file(&tree, "state/before-" VF, text);
        if (usvf_restore(&tree.roots, address_of(VF), &error) != USVF_REFUSED)
            fprintf(stderr, "kind %s: %s\n", kinds[i].name, error.message);
        CHECK(usvf_restore(&tree.roots, address_of(VF), &error) == USVF_REFUSED);
        tree_remove(&tree);
    }
}

static void an_ipv6_address_that_the_kernel_sets_is_no_sign(void) {
    begin();
    with_an_address_of(AF_INET6, RT_SCOPE_LINK, true);
    CHECK(read_vf().signs == USVF_SIGN_BIT(USVF_SIGN_UP));
    with_an_address_of(AF_INET6, RT_SCOPE_UNIVERSE, false);
    CHECK(read_vf().signs == USVF_SIGN_BIT(USVF_SIGN_ADDRESS));
    with_an_address_of(AF_INET, RT_SCOPE_LINK, false); /* the kernel sets none of these */
    CHECK(read_vf().signs == USVF_SIGN_BIT(USVF_SIGN_ADDRESS));
    tree_remove(&tree);
}

/* Once its guest has stopped, the netdev of the VF is the host's again. */
static void a_dhcp_client_of_the_host_does_not_keep_a_holder_from_its_vf(void) {
    struct usvf_lease lease;
    begin();
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_OK);
    struct usvf_holder holder = {"alpha", lease.fencing};
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &nothing, &error) == USVF_OK);
    with_an_address_of(AF_INET, RT_SCOPE_UNIVERSE, true);
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &nothing, &error) == USVF_OK);
    /* A port of a bridge is in use. */
    port_of_a_bridge();
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &nothing, &error) == USVF_REFUSED);
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_REFUSED);
    with_an_address_of(AF_INET, RT_SCOPE_UNIVERSE, true);
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    CHECK(!read_vf().lease.owner[0]);
    tree_remove(&tree);
}

/* This tree has no vfio-pci, so a bind that is not refused fails later. */
static void a_vf_whose_netdev_came_up_after_its_setup_can_be_bound(void) {
    struct usvf_lease lease;
    begin();
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_OK);
    struct usvf_holder holder = {"alpha", lease.fencing};
    up();
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_REFUSED);
    CHECK(strstr(error.message, "eno1v0 is up"));
    down();
    CHECK(usvf_configure(&tree.roots, address_of(VF), holder, &nothing, &error) == USVF_OK);
    up();
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_FAILED);
    with_an_address_of(AF_INET, RT_SCOPE_UNIVERSE, true);
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_FAILED);
    port_of_a_bridge();
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, -1, -1, &error) == USVF_REFUSED);
    tree_remove(&tree);
}

static void a_vf_that_was_created_again_keeps_nothing_of_the_former_one(void) {
    char boot[40], text[200];
    begin();
    struct usvf_lease lease;
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_OK);
    CHECK(usvf_read_boot(boot));
    snprintf(text, sizeof text, "other - 1 02:00:00:00:00:01 0 0 0 1 0 0 0 %s 0x0000 %llu\n", boot,
        (unsigned long long)usvf_creation_of(&tree.roots, address_of(VF)) + 1);
    tree_file(&tree, "state/before-" VF, text);
    struct usvf_vf vf = read_vf();
    CHECK(vf.state == USVF_LEASED && strstr(vf.reason, "created again"));
    CHECK(usvf_release(&tree.roots, address_of(VF), (struct usvf_holder){"alpha", lease.fencing}, &error) == USVF_OK);
    CHECK(read_vf().state == USVF_FREE && access(tree.state, F_OK) == 0);
    tree_remove(&tree);
}

static void the_admins_vf_is_not_taken_for_that_of_an_expired_lease(void) {
    begin();
    bound_to_vfio();
    tree_folder(&tree, "state");
    /* It was changed before the machine was booted, and the admin has bound it since. */
    tree_file(&tree, "state/before-" VF, "igbvf - 1 02:00:00:00:00:01 0 0 0 1 0 0 0 00000000-0000-4000-8000-000000000000\n");
    CHECK(read_vf().state == USVF_FOREIGN);
    tree_remove(&tree);
}

/* A summary as the kernel sends it. */
static bool rdma_row(const char *what, uint64_t count, struct usvf_rdma_row *read) {
    struct usvf_request request;
    struct nlmsghdr head;
    usvf_request_begin(&request, RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_RES_GET), 0, "", 0);
    usvf_request_add(&request, RDMA_NLDEV_ATTR_DEV_NAME, "mlx5_1", 7);
    void *list = usvf_request_nest(&request, RDMA_NLDEV_ATTR_RES_SUMMARY | NLA_F_NESTED);
    const struct {
        const char *name;
        uint64_t count;
    } rows[] = {{"qp", 2}, {"pd", 3}, {what, count}};
    for (size_t i = 0; i < 3; i++) {
        void *entry = usvf_request_nest(&request, RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY | NLA_F_NESTED);
        usvf_request_add(&request, RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_NAME, rows[i].name, strlen(rows[i].name) + 1);
        usvf_request_add(&request, RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_CURR, &rows[i].count, sizeof rows[i].count);
        usvf_request_end_nest(&request, entry);
    }
    usvf_request_end_nest(&request, list);
    memcpy(&head, request.bytes, sizeof head);
    return usvf_rdma_parse(head.nlmsg_type, request.bytes + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN, read);
}

static void an_rdma_device_with_a_context_is_open(void) {
    struct usvf_rdma_row row;
    CHECK(rdma_row("ctx", 1, &row) && row.used && strcmp(row.name, "mlx5_1") == 0);
    CHECK(rdma_row("ctx", 0, &row) && !row.used);
    CHECK(!rdma_row("cm_id", 0, &row)); /* an old kernel without the number of contexts */
}

static struct usvf_pf read_pf(void) {
    struct usvf_inventory *inventory;
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK && inventory->pf_count == 1);
    struct usvf_pf copy = inventory->pfs[0];
    copy.vfs = NULL;
    usvf_inventory_free(inventory);
    return copy;
}

static void the_netdev_of_a_pf_is_not_that_of_a_representor(void) {
    begin();
    static const char *const representors[] = {"aa11", "eno1_0", "eno1_1", "zz9"}, *const parts[] = {"", "c1", "p0", ""};
    for (int i = 0; i < 4; i++) {
        char path[128], text[32];
        snprintf(path, sizeof path, "sys/bus/pci/devices/" PF "/net/%s", representors[i]);
        tree_folder(&tree, path);
        strcat(path, "/phys_port_name");
        snprintf(text, sizeof text, "%spf0vf%d\n", parts[i], i);
        tree_file(&tree, path, text);
    }
    tree_file(&tree, "sys/bus/pci/devices/" PF "/net/eno1/phys_port_name", "p0\n");
    struct usvf_pf pf = read_pf();
    CHECK(strcmp(pf.netdev, "eno1") == 0 && pf.switchdev && strcmp(pf.port_name, "p0") == 0 && !pf.obstacle[0]);
    CHECK(read_vf().settings.has_mac);
    tree_remove(&tree);
}

/* Without an answer of netlink, and with representors whose port names have another form. */
static void the_netdev_with_the_name_of_a_port_is_that_of_the_pf(void) {
    begin();
    tree_file(&tree, "links", "");
    tree_folder(&tree, "sys/bus/pci/devices/" PF "/net/aa11");
    tree_file(&tree, "sys/bus/pci/devices/" PF "/net/aa11/phys_port_name", "0\n");
    tree_file(&tree, "sys/bus/pci/devices/" PF "/net/eno1/phys_port_name", "p1s0\n");
    CHECK(strcmp(read_pf().netdev, "eno1") == 0);
    tree_remove(&tree);
}

static bool is_switchdev(uint16_t mode) {
    const struct genlmsghdr command = {.cmd = DEVLINK_CMD_ESWITCH_GET};
    const uint16_t family = 20;
    struct usvf_devlink devlink = {0};
    struct usvf_request request;
    struct nlmsghdr head;
    usvf_request_begin(&request, GENL_ID_CTRL, 0, &command, sizeof command);
    usvf_request_add(&request, CTRL_ATTR_FAMILY_ID, &family, sizeof family);
    memcpy(&head, request.bytes, sizeof head);
    usvf_devlink_row(head.nlmsg_type, request.bytes + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN, &devlink);
    CHECK(devlink.family == family && !devlink.switchdev);
    usvf_request_begin(&request, family, 0, &command, sizeof command);
    usvf_request_add(&request, DEVLINK_ATTR_BUS_NAME, "pci", 4);
    usvf_request_add(&request, DEVLINK_ATTR_ESWITCH_MODE, &mode, sizeof mode);
    memcpy(&head, request.bytes, sizeof head);
    usvf_devlink_row(head.nlmsg_type, request.bytes + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN, &devlink);
    return devlink.switchdev;
}

static void devlink_shows_the_mode_of_a_nic(void) {
    struct usvf_devlink devlink = {0};
    CHECK(is_switchdev(DEVLINK_ESWITCH_MODE_SWITCHDEV) && !is_switchdev(DEVLINK_ESWITCH_MODE_LEGACY));
    /* The kernel of this machine has no such NIC. */
    CHECK(!usvf_devlink_switchdev(&devlink, address_of("ffff:00:00.0")) && devlink.asked);
}

/* The netdevs of a PF that is a port, with or without the kinds. */
static void port_of(const char *master, const char *kind) {
    struct ifinfomsg pf = {.ifi_index = 2, .ifi_type = ARPHRD_ETHER}, bond = {.ifi_index = 9, .ifi_type = ARPHRD_ETHER};
    struct usvf_request requests[2];
    int index = 9;
    usvf_request_begin(&requests[0], RTM_NEWLINK, 0, &pf, sizeof pf);
    usvf_request_add(&requests[0], IFLA_IFNAME, "eno1", 5);
    usvf_request_add(&requests[0], IFLA_MASTER, &index, sizeof index);
    usvf_request_begin(&requests[1], RTM_NEWLINK, 0, &bond, sizeof bond);
    usvf_request_add(&requests[1], IFLA_IFNAME, master, strlen(master) + 1);
    if (kind) {
        void *about = usvf_request_nest(&requests[1], IFLA_LINKINFO);
        usvf_request_add(&requests[1], IFLA_INFO_KIND, kind, strlen(kind) + 1);
        usvf_request_end_nest(&requests[1], about);
    }
    links = fopen(tree.links, "w");
    CHECK(links);
    for (int i = 0; i < 2; i++) {
        struct nlmsghdr head;
        memcpy(&head, requests[i].bytes, sizeof head);
        CHECK(fwrite(requests[i].bytes, head.nlmsg_len, 1, links) == 1);
    }
    end_links();
}

static void a_pf_that_is_a_port_shows_its_master(void) {
    begin();
    struct usvf_pf pf = read_pf();
    CHECK(!pf.master[0] && !pf.master_kind[0]);
    port_of("bond0", "bond");
    pf = read_pf();
    CHECK(strcmp(pf.master, "bond0") == 0 && strcmp(pf.master_kind, "bond") == 0);
    port_of("br0", NULL);
    pf = read_pf();
    CHECK(strcmp(pf.master, "br0") == 0 && !pf.master_kind[0]);
    tree_folder(&tree, "sys/bus/pci/devices/" PF "/net/eno1/brport");
    pf = read_pf();
    CHECK(strcmp(pf.master_kind, "bridge") == 0);
    tree_remove(&tree);
}

static void a_pf_that_is_a_port_in_sysfs_alone_shows_its_master(void) {
    begin();
    tree_folder(&tree, "sys/bus/pci/devices/" PF "/net/eno1/bonding_slave");
    tree_link(&tree, "sys/bus/pci/devices/" PF "/net/eno1/master", "../../../../virtual/net/bond7");
    struct usvf_pf pf = read_pf();
    CHECK(strcmp(pf.master, "bond7") == 0 && strcmp(pf.master_kind, "bond") == 0);
    tree_remove(&tree);
}

static void an_infiniband_vf_has_no_mac(void) {
    begin();
    of_infiniband();
    CHECK(!read_vf().settings.has_mac);
    tree_remove(&tree);
}

/* Prints the folder of a tree of this kind. */
static int make(const char *name) {
    begin();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            kinds[i].make();
    puts(tree.root);
    return 0;
}

int main(int count, char **arguments) {
    if (count == 3 && strcmp(arguments[1], "--make") == 0)
        return make(arguments[2]);
    if (count == 2 && strcmp(arguments[1], "--kinds") == 0) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            puts(kinds[i].name);
        return 0;
    }
    TEST(every_sign_has_a_kind_and_a_name);
    TEST(a_vf_without_a_sign_is_free);
    TEST(a_vf_with_a_sign_is_not_leased_and_the_refusal_says_why);
    TEST(a_leased_vf_that_another_program_takes_is_not_changed);
    TEST(what_another_program_uses_is_not_restored);
    TEST(an_ipv6_address_that_the_kernel_sets_is_no_sign);
    TEST(a_dhcp_client_of_the_host_does_not_keep_a_holder_from_its_vf);
    TEST(a_vf_whose_netdev_came_up_after_its_setup_can_be_bound);
    TEST(a_vf_that_was_created_again_keeps_nothing_of_the_former_one);
    TEST(the_admins_vf_is_not_taken_for_that_of_an_expired_lease);
    TEST(an_rdma_device_with_a_context_is_open);
    TEST(the_netdev_of_a_pf_is_not_that_of_a_representor);
    TEST(the_netdev_with_the_name_of_a_port_is_that_of_the_pf);
    TEST(devlink_shows_the_mode_of_a_nic);
    TEST(a_pf_that_is_a_port_shows_its_master);
    TEST(a_pf_that_is_a_port_in_sysfs_alone_shows_its_master);
    TEST(an_infiniband_vf_has_no_mac);
    printf("signs: %d passed\n", checked);
    return 0;
}
