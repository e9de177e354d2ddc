/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VF is set up whole, and adopted only if no program has it open. The calls below stand before the C library's: they do what a
 * PF driver does for a request, and write the recording again.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "state.h"

#define VF "0000:01:10.0"
#define OTHER "0000:01:10.1"

static struct tree tree;
static struct usvf_error error;
static struct usvf_settings now[2]; /* what the driver has */
static int denied;                  /* type of the attribute that the driver refuses */
static bool denies_zero_mac;
static int answer = 1;              /* of the last request; 1: none is due */
static unsigned requests;

static void write_links(void) {
    struct ifinfomsg info = {.ifi_index = 2, .ifi_type = ARPHRD_ETHER};
    struct usvf_request request;
    struct nlmsghdr head;
    usvf_request_begin(&request, RTM_NEWLINK, 0, &info, sizeof info);
    usvf_request_add(&request, IFLA_IFNAME, "eno1", 5);
    void *list = usvf_request_nest(&request, IFLA_VFINFO_LIST | NLA_F_NESTED);
    for (uint32_t i = 0; i < 2; i++) {
        const struct usvf_settings *s = &now[i];
        void *vf = usvf_request_nest(&request, IFLA_VF_INFO | NLA_F_NESTED);
        struct ifla_vf_mac mac = {.vf = i};
        memcpy(mac.mac, s->mac, 6);
        struct ifla_vf_vlan vlan = {i, (uint32_t)s->vlan, (uint32_t)s->qos};
        struct ifla_vf_vlan_info info_;
        memset(&info_, 0, sizeof info_); /* its padding is written too */
        info_.vf = i;
        info_.vlan = (uint32_t)s->vlan;
        info_.qos = (uint32_t)s->qos;
        info_.vlan_proto = htons((uint16_t)s->vlan_protocol);
        struct ifla_vf_rate rate = {i, (uint32_t)s->min_rate, (uint32_t)s->max_rate};
        struct ifla_vf_spoofchk spoofchk = {i, (uint32_t)s->spoofchk};
        struct ifla_vf_trust trust = {i, (uint32_t)s->trust};
        struct ifla_vf_link_state state = {i, (uint32_t)s->link_state};
        usvf_request_add(&request, IFLA_VF_MAC, &mac, sizeof mac);
        usvf_request_add(&request, IFLA_VF_VLAN, &vlan, sizeof vlan);
        void *vlans = usvf_request_nest(&request, IFLA_VF_VLAN_LIST | NLA_F_NESTED);
        usvf_request_add(&request, IFLA_VF_VLAN_INFO, &info_, sizeof info_);
        usvf_request_end_nest(&request, vlans);
        usvf_request_add(&request, IFLA_VF_RATE, &rate, sizeof rate);
        usvf_request_add(&request, IFLA_VF_SPOOFCHK, &spoofchk, sizeof spoofchk);
        usvf_request_add(&request, IFLA_VF_TRUST, &trust, sizeof trust);
        usvf_request_add(&request, IFLA_VF_LINK_STATE, &state, sizeof state);
        usvf_request_end_nest(&request, vf);
    }
    usvf_request_end_nest(&request, list);
    memcpy(&head, request.bytes, sizeof head);
    FILE *file = fopen(tree.links, "w");
    CHECK(file && fwrite(request.bytes, head.nlmsg_len, 1, file) == 1 && fclose(file) == 0);
}

unsigned if_nametoindex(const char *name) {
    return strcmp(name, "eno1") == 0 ? 2 : 0;
}

static void set(uint16_t type, const uint32_t *value) {
    struct usvf_settings *s = &now[value[0]];
    switch (type) {
    case IFLA_VF_MAC:
        memcpy(s->mac, value + 1, 6);
        break;
    case IFLA_VF_VLAN:
        s->vlan = (int)value[1];
        s->qos = (int)value[2];
        s->vlan_protocol = value[1] ? ETH_P_8021Q : 0;
        break;
    case IFLA_VF_TRUST:
        s->trust = (int)value[1];
        break;
    case IFLA_VF_SPOOFCHK:
        s->spoofchk = (int)value[1];
        break;
    case IFLA_VF_LINK_STATE:
        s->link_state = (int)value[1];
        break;
    case IFLA_VF_RATE:
        s->min_rate = value[1];
        s->max_rate = value[2];
        break;
    default:
        CHECK(!"a setting that is tested");
    }
}

ssize_t send(int socket, const void *bytes, size_t size, int flags) {
    const struct nlmsghdr *head = bytes;
    (void)socket, (void)flags;
    CHECK(size > sizeof *head && head->nlmsg_type == RTM_SETLINK);
    const struct rtattr *list = IFLA_RTA((const struct ifinfomsg *)NLMSG_DATA(head)), *vf = RTA_DATA(list), *one = RTA_DATA(vf);
    uint16_t type = one->rta_type & NLA_TYPE_MASK;
    requests++;
    const uint32_t *value = RTA_DATA(one);
    static const uint8_t zero[6];
    bool refused = denies_zero_mac && type == IFLA_VF_MAC && memcmp(value + 1, zero, 6) == 0;
    answer = type == denied ? -EOPNOTSUPP : refused ? -EINVAL : 0;
    if (answer == 0 && type == IFLA_VF_VLAN_LIST) {
        const struct rtattr *inner = RTA_DATA(one);
        const struct ifla_vf_vlan_info *info = RTA_DATA(inner);
        now[info->vf].vlan = (int)info->vlan;
        now[info->vf].qos = (int)info->qos;
        now[info->vf].vlan_protocol = ntohs(info->vlan_proto);
    } else if (answer == 0) {
        set(type, RTA_DATA(one));
    }
    write_links();
    return (ssize_t)size;
}

ssize_t recv(int socket, void *bytes, size_t size, int flags) {
    struct {
        struct nlmsghdr head;
        struct nlmsgerr code;
    } reply = {{sizeof reply, NLMSG_ERROR, 0, 0, 0}, {.error = answer}};
    (void)socket, (void)flags;
    CHECK(answer <= 0 && size >= sizeof reply);
    answer = 1;
    memcpy(bytes, &reply, sizeof reply);
    return sizeof reply;
}

/* As another program has left VF 0; VF 1 is as the kernel makes it. */
static const struct usvf_settings dirty = {.mac = {10, 0, 0, 0, 0, 1},
    .has_mac = true,
    .vlan = 16,
    .qos = 5,
    .vlan_protocol = ETH_P_8021AD,
    .trust = 1,
    .spoofchk = 0,
    .link_state = 2,
    .min_rate = 10,
    .max_rate = 100};
static const struct usvf_settings fresh = {.has_mac = true, .spoofchk = 1};
static const struct usvf_settings none = {.vlan = -1, .qos = -1, .trust = -1, .spoofchk = -1, .link_state = -1, .min_rate = -1, .max_rate = -1};

static void begin(void) {
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 2);
    tree_vf(&tree, "0000:01:00.0", 0, VF, 1);
    tree_vf(&tree, "0000:01:00.0", 1, OTHER, 2);
    now[0] = dirty;
    now[1] = fresh;
    denied = 0;
    denies_zero_mac = false;
    requests = 0;
    write_links();
}

static struct usvf_holder take(const char *vf) {
    struct usvf_lease lease;
    CHECK(usvf_lease_take(&tree.roots, address_of(vf), "alpha", 0, &lease, &error) == USVF_OK);
    return (struct usvf_holder){"alpha", lease.fencing};
}

static struct usvf_settings for_a_pair(int vlan) {
    struct usvf_settings wanted = none;
    wanted.has_mac = true;
    memcpy(wanted.mac, "\x52\x54\0\x01\x02\x03", 6);
    wanted.vlan = vlan;
    return wanted;
}

static bool is_default(const struct usvf_settings *s, int vlan) {
    return s->vlan == vlan && s->qos == 0 && s->trust == 0 && s->spoofchk == 1 && s->link_state == 0 && s->min_rate == 0 &&
        s->max_rate == 0 && (vlan == 0 || s->vlan_protocol == ETH_P_8021Q);
}

static void nothing_that_another_program_has_left_reaches_the_guest(void) {
    static const int vlans[] = {0, 16, 7};
    for (size_t i = 0; i < 3; i++) {
        begin();
        struct usvf_holder holder = take(VF);
        struct usvf_settings wanted = for_a_pair(vlans[i]);
        CHECK(usvf_set_up(&tree.roots, address_of(VF), holder, &wanted, &error) == USVF_OK);
        CHECK(memcmp(now[0].mac, wanted.mac, 6) == 0 && is_default(&now[0], vlans[i]));
        CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
        CHECK(memcmp(&now[0], &dirty, sizeof dirty) == 0);
        tree_remove(&tree);
    }
}

static void what_the_pair_wants_goes_before_the_defaults(void) {
    begin();
    struct usvf_holder holder = take(VF);
    struct usvf_settings wanted = for_a_pair(16);
    wanted.qos = 3;
    wanted.trust = 1;
    wanted.spoofchk = 0;
    wanted.link_state = 1;
    wanted.max_rate = 1000;
    CHECK(usvf_set_up(&tree.roots, address_of(VF), holder, &wanted, &error) == USVF_OK);
    CHECK(now[0].qos == 3 && now[0].trust == 1 && now[0].spoofchk == 0 && now[0].link_state == 1);
    CHECK(now[0].max_rate == 1000 && now[0].min_rate == 0 && now[0].vlan_protocol == ETH_P_8021Q);
    tree_remove(&tree);
}

static void a_new_vf_needs_its_mac_only(void) {
    begin();
    struct usvf_holder holder = take(OTHER);
    struct usvf_settings wanted = for_a_pair(0);
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_OK && requests == 1);
    /* And nothing when it has that. */
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_OK && requests == 1);
    tree_remove(&tree);
}

static void a_limit_at_the_speed_of_the_link_is_none(void) {
    begin();
    now[1].max_rate = 25000;
    write_links();
    tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/net/eno1/speed", "25000\n");
    struct usvf_holder holder = take(OTHER);
    struct usvf_settings wanted = for_a_pair(0);
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_OK && requests == 1);
    tree_remove(&tree);
}

static void a_value_that_the_driver_does_not_report_is_not_set(void) {
    begin();
    now[1].trust = now[1].spoofchk = -1;
    denied = IFLA_VF_TRUST;
    write_links();
    struct usvf_holder holder = take(OTHER);
    struct usvf_settings wanted = for_a_pair(0);
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_OK);
    tree_remove(&tree);
}

static void what_cannot_be_reset_is_named(void) {
    static const struct {
        int type;
        const char *name;
    } refused[] = {{IFLA_VF_VLAN, "VLAN"}, {IFLA_VF_TRUST, "trust"}, {IFLA_VF_SPOOFCHK, "spoofchk"},
        {IFLA_VF_LINK_STATE, "link state"}, {IFLA_VF_RATE, "rate"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        begin();
        struct usvf_holder holder = take(VF);
        struct usvf_settings wanted = for_a_pair(0);
        if (refused[i].type == IFLA_VF_SPOOFCHK)
            wanted.spoofchk = 1; /* no default has to hold for it */
        denied = refused[i].type;
        CHECK(usvf_set_up(&tree.roots, address_of(VF), holder, &wanted, &error) == USVF_FAILED);
        CHECK(strstr(error.message, refused[i].name) && strstr(error.message, VF));
        tree_remove(&tree);
    }
}

static void a_driver_without_spoofchk_can_be_used_unless_the_holder_asks_for_it(void) {
    begin();
    now[1].spoofchk = 0;
    write_links();
    denied = IFLA_VF_SPOOFCHK;
    struct usvf_holder holder = take(OTHER);
    struct usvf_settings wanted = for_a_pair(7);
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_OK);
    CHECK(now[1].vlan == 7 && now[1].spoofchk == 0 && memcmp(now[1].mac, wanted.mac, 6) == 0);
    wanted.spoofchk = 1;
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_FAILED && strstr(error.message, "spoofchk"));
    CHECK(usvf_release(&tree.roots, address_of(OTHER), holder, &error) == USVF_OK && now[1].vlan == 0);
    tree_remove(&tree);
}

/* Its driver starts with the zero MAC, and does not accept it. */
static void a_vf_whose_driver_refuses_the_zero_mac_is_free_after_its_lease(void) {
    static const uint8_t local[6] = {2};
    struct usvf_inventory *inventory;
    begin();
    denies_zero_mac = true;
    struct usvf_holder holder = take(OTHER);
    struct usvf_settings wanted = for_a_pair(7);
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_OK);
    CHECK(usvf_release(&tree.roots, address_of(OTHER), holder, &error) == USVF_OK);
    CHECK(memcmp(now[1].mac, local, 6) == 0 && now[1].vlan == 0);
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK);
    CHECK(usvf_inventory_find(inventory, address_of(OTHER), NULL)->state == USVF_FREE);
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void in_switchdev_mode_a_refused_setting_names_the_mode(void) {
    begin();
    tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/net/eno1/phys_port_name", "p0\n");
    tree_folder(&tree, "sys/bus/pci/devices/0000:01:00.0/net/eno1_0");
    tree_file(&tree, "sys/bus/pci/devices/0000:01:00.0/net/eno1_0/phys_port_name", "pf0vf0\n");
    struct usvf_holder holder = take(OTHER);
    struct usvf_settings wanted = for_a_pair(9);
    denied = IFLA_VF_VLAN;
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_FAILED);
    CHECK(strstr(error.message, "switchdev") && strstr(error.message, "through eno1"));
    tree_remove(&tree);
}

static void two_vfs_of_a_pf_do_not_get_one_mac(void) {
    begin();
    struct usvf_settings wanted = for_a_pair(0);
    memcpy(now[1].mac, wanted.mac, 6);
    write_links();
    struct usvf_holder holder = take(VF);
    CHECK(usvf_set_up(&tree.roots, address_of(VF), holder, &wanted, &error) == USVF_REFUSED);
    CHECK(strstr(error.message, OTHER) && strstr(error.message, "MAC") && requests == 0);
    /* The VF that has it can be used. */
    holder = take(OTHER);
    CHECK(usvf_set_up(&tree.roots, address_of(OTHER), holder, &wanted, &error) == USVF_OK);
    tree_remove(&tree);
}

static void a_mac_of_a_vf_that_another_program_uses_is_not_set_again(void) {
    begin();
    struct usvf_settings wanted = for_a_pair(0);
    memcpy(now[1].mac, wanted.mac, 6);
    write_links();
    tree_delete(&tree, "sys/bus/pci/devices/" OTHER "/driver");
    tree_link(&tree, "sys/bus/pci/devices/" OTHER "/driver", "../../drivers/vfio-pci");
    tree_file(&tree, "sys/bus/pci/devices/" OTHER "/enable", "1\n");
    CHECK(usvf_set_up(&tree.roots, address_of(VF), take(VF), &wanted, &error) == USVF_REFUSED);
    CHECK(strstr(error.message, OTHER) && strstr(error.message, "in-use") && requests == 0);
    tree_remove(&tree);
}

static void bound_at_boot(void) {
    begin();
    tree_delete(&tree, "sys/bus/pci/devices/" VF "/driver");
    tree_link(&tree, "sys/bus/pci/devices/" VF "/driver", "../../drivers/vfio-pci");
    tree_file(&tree, "sys/bus/pci/devices/" VF "/driver_override", "vfio-pci\n");
    tree_file(&tree, "sys/bus/pci/devices/" VF "/enable", "0\n");
    tree_file(&tree, "dev/vfio/1", "");
}

static int adopt(struct usvf_holder *holder, int64_t ttl) {
    struct usvf_lease lease = {0};
    int result = usvf_lease_adopt(&tree.roots, address_of(VF), "alpha", ttl, &lease, &error);
    *holder = (struct usvf_holder){"alpha", lease.fencing};
    return result;
}

static enum usvf_vf_state state(void) {
    struct usvf_inventory *inventory;
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK);
    enum usvf_vf_state found = usvf_inventory_find(inventory, address_of(VF), NULL)->state;
    usvf_inventory_free(inventory);
    return found;
}

static void a_vf_that_was_bound_at_boot_can_be_adopted_and_stays_bound(void) {
    char override[32], driver[32];
    struct usvf_holder holder;
    struct usvf_lease lease;
    struct stat device;
    char path[128];
    bound_at_boot();
    CHECK(usvf_lease_take(&tree.roots, address_of(VF), "alpha", 0, &lease, &error) == USVF_REFUSED);
    CHECK(adopt(&holder, 0) == USVF_OK && state() == USVF_LEASED);
    struct usvf_settings wanted = for_a_pair(0);
    CHECK(usvf_set_up(&tree.roots, address_of(VF), holder, &wanted, &error) == USVF_OK);
    snprintf(path, sizeof path, "%s/dev/vfio/1", tree.root);
    int64_t user = geteuid() == 0 ? 65534 : -1; /* root alone may change owners */
    CHECK(usvf_bind(&tree.roots, address_of(VF), holder, user, -1, &error) == USVF_OK);
    CHECK(stat(path, &device) == 0 && (user < 0 || device.st_uid == (uid_t)user));
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    usvf_driver_read(&tree.roots, address_of(VF), override, sizeof override, driver, sizeof driver);
    CHECK(strcmp(driver, "vfio-pci") == 0 && strcmp(override, "vfio-pci") == 0);
    CHECK(stat(path, &device) == 0 && device.st_uid == geteuid());
    CHECK(state() == USVF_FOREIGN && memcmp(&now[0], &dirty, sizeof dirty) == 0);
    tree_remove(&tree);
}

static void an_adopted_vf_is_restored_and_still_the_administrators_when_its_lease_expires(void) {
    struct usvf_holder holder;
    unsigned restored;
    bound_at_boot();
    CHECK(adopt(&holder, 60) == USVF_OK);
    struct usvf_settings wanted = for_a_pair(0);
    CHECK(usvf_set_up(&tree.roots, address_of(VF), holder, &wanted, &error) == USVF_OK);
    tree_file(&tree, "state/lease-" VF, "alpha 1 1000\n");
    CHECK(state() == USVF_FOREIGN);
    CHECK(usvf_restore_stale(&tree.roots, &restored, &error) == USVF_OK && restored == 1);
    CHECK(memcmp(&now[0], &dirty, sizeof dirty) == 0);
    tree_remove(&tree);
}

static void an_adopted_vf_of_an_expired_lease_is_adopted_with_its_own_settings(void) {
    struct usvf_holder holder;
    bound_at_boot();
    CHECK(adopt(&holder, 60) == USVF_OK);
    struct usvf_settings wanted = for_a_pair(7);
    CHECK(usvf_set_up(&tree.roots, address_of(VF), holder, &wanted, &error) == USVF_OK);
    tree_file(&tree, "state/lease-" VF, "alpha 1 1000\n");
    CHECK(adopt(&holder, 0) == USVF_OK && memcmp(&now[0], &dirty, sizeof dirty) == 0);
    CHECK(usvf_set_up(&tree.roots, address_of(VF), holder, &wanted, &error) == USVF_OK);
    CHECK(usvf_release(&tree.roots, address_of(VF), holder, &error) == USVF_OK);
    CHECK(memcmp(&now[0], &dirty, sizeof dirty) == 0);
    tree_remove(&tree);
}

static void a_vf_that_a_program_has_open_is_not_adopted(void) {
    struct usvf_holder holder;
    char path[128];
    bound_at_boot();
    tree_folder(&tree, "sys/bus/pci/devices/" VF "/vfio-dev/vfio3");
    tree_folder(&tree, "dev/vfio/devices");
    tree_file(&tree, "dev/vfio/devices/vfio3", "");
    snprintf(path, sizeof path, "%s/dev/vfio/devices/vfio3", tree.root);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(file >= 0);
    CHECK(adopt(&holder, 0) == USVF_REFUSED && strstr(error.message, "vfio3"));
    close(file);
    /* Where open files of others cannot be read, it is unknown whether it is open. */
    int result = adopt(&holder, 0);
    CHECK(result == USVF_OK || (result == USVF_REFUSED && strstr(error.message, "unknown")));
    tree_remove(&tree);
}

static void a_vf_with_another_sign_is_not_adopted(void) {
    struct usvf_holder holder;
    bound_at_boot();
    tree_file(&tree, "sys/bus/pci/devices/" VF "/enable", "1\n");
    CHECK(adopt(&holder, 0) == USVF_REFUSED);
    tree_file(&tree, "sys/bus/pci/devices/" VF "/enable", "0\n");
    tree_delete(&tree, "dev/vfio/1");
    CHECK(adopt(&holder, 0) == USVF_REFUSED && strstr(error.message, "cannot be opened"));
    tree_delete(&tree, "sys/bus/pci/devices/" VF "/driver");
    tree_link(&tree, "sys/bus/pci/devices/" VF "/driver", "../../drivers/mlx5_vfio_pci");
    CHECK(adopt(&holder, 0) == USVF_REFUSED && strstr(error.message, "mlx5_vfio_pci"));
    tree_remove(&tree);
}

int main(void) {
    TEST(nothing_that_another_program_has_left_reaches_the_guest);
    TEST(what_the_pair_wants_goes_before_the_defaults);
    TEST(a_new_vf_needs_its_mac_only);
    TEST(a_limit_at_the_speed_of_the_link_is_none);
    TEST(a_value_that_the_driver_does_not_report_is_not_set);
    TEST(what_cannot_be_reset_is_named);
    TEST(a_driver_without_spoofchk_can_be_used_unless_the_holder_asks_for_it);
    TEST(a_vf_whose_driver_refuses_the_zero_mac_is_free_after_its_lease);
    TEST(in_switchdev_mode_a_refused_setting_names_the_mode);
    TEST(two_vfs_of_a_pf_do_not_get_one_mac);
    TEST(a_mac_of_a_vf_that_another_program_uses_is_not_set_again);
    TEST(a_vf_that_was_bound_at_boot_can_be_adopted_and_stays_bound);
    TEST(an_adopted_vf_is_restored_and_still_the_administrators_when_its_lease_expires);
    TEST(an_adopted_vf_of_an_expired_lease_is_adopted_with_its_own_settings);
    TEST(a_vf_that_a_program_has_open_is_not_adopted);
    TEST(a_vf_with_another_sign_is_not_adopted);
    printf("setup: %d passed\n", checked);
    return 0;
}
