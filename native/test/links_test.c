/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include "check.h"

/* A message as the kernel sends it for a PF; the parts of a request serve here as well. */
static size_t message(struct usvf_request *request, unsigned vfs) {
    struct ifinfomsg info = {.ifi_index = 3, .ifi_flags = IFF_UP};
    static const uint8_t mac[6] = {0x52, 0x54, 0, 1, 2, 3};
    uint32_t mtu = 9000;
    uint8_t carrier = 1;
    usvf_request_begin(request, RTM_NEWLINK, 0, &info, sizeof info);
    usvf_request_add(request, IFLA_IFNAME, "eno1", 5);
    usvf_request_add(request, IFLA_ADDRESS, mac, sizeof mac);
    usvf_request_add(request, IFLA_MTU, &mtu, sizeof mtu);
    usvf_request_add(request, IFLA_CARRIER, &carrier, sizeof carrier);
    void *list = usvf_request_nest(request, IFLA_VFINFO_LIST | NLA_F_NESTED);
    for (uint32_t i = 0; i < vfs; i++) {
        void *vf = usvf_request_nest(request, IFLA_VF_INFO | NLA_F_NESTED);
        struct ifla_vf_mac address = {.vf = i, .mac = {2, 0, 0, 0, 0, (uint8_t)i}};
        struct ifla_vf_vlan vlan = {i, 100 + i, 3};
        struct ifla_vf_trust trust = {i, 1};
        struct ifla_vf_spoofchk spoofchk = {i, UINT32_MAX}; /* the driver does not report it */
        usvf_request_add(request, IFLA_VF_MAC, &address, sizeof address);
        usvf_request_add(request, IFLA_VF_VLAN, &vlan, sizeof vlan);
        usvf_request_add(request, IFLA_VF_TRUST, &trust, sizeof trust);
        usvf_request_add(request, IFLA_VF_SPOOFCHK, &spoofchk, sizeof spoofchk);
        if (i == 4) {
            struct ifla_vf_vlan_info provider = {i, 100 + i, 3, htons(0x88a8)};
            void *vlans = usvf_request_nest(request, IFLA_VF_VLAN_LIST | NLA_F_NESTED);
            usvf_request_add(request, IFLA_VF_VLAN_INFO, &provider, sizeof provider);
            usvf_request_end_nest(request, vlans);
        }
        usvf_request_end_nest(request, vf);
    }
    usvf_request_end_nest(request, list);
    struct nlmsghdr head;
    memcpy(&head, request->bytes, sizeof head);
    return head.nlmsg_len;
}

static void reads_a_pf_with_its_vfs(void) {
    struct usvf_request request;
    struct usvf_links links = {0};
    size_t size = message(&request, 5);
    CHECK(usvf_links_parse(&links, request.bytes, size) && links.count == 1);
    const struct usvf_link *row = &links.rows[0];
    CHECK(strcmp(row->name, "eno1") == 0 && row->up && row->mtu == 9000 && row->carrier == 1 && row->vf_count == 5);
    CHECK(row->vfs[4].has_mac && row->vfs[4].mac[5] == 4 && row->vfs[4].vlan == 104 && row->vfs[4].qos == 3);
    CHECK(row->vfs[4].vlan_protocol == 0x88a8 && row->vfs[3].vlan_protocol == 0);
    CHECK(row->vfs[4].trust == 1 && row->vfs[4].spoofchk == USVF_UNKNOWN && row->vfs[4].link_state == USVF_UNKNOWN);
    usvf_links_free(&links);
}

/* Each copy has exactly its size, so that the sanitizer sees one byte too many. */
static void parse_copy(const char *bytes, size_t size, bool must_fail) {
    char *copy = malloc(size ? size : 1);
    CHECK(copy);
    memcpy(copy, bytes, size);
    struct usvf_links links = {0};
    bool good = usvf_links_parse(&links, copy, size);
    CHECK(!good || !must_fail);
    usvf_links_free(&links);
    free(copy);
}

static void cut_messages_are_never_read_past_their_end(void) {
    struct usvf_request request;
    size_t size = message(&request, 5);
    for (size_t cut = 0; cut < size; cut++)
        parse_copy(request.bytes, cut, cut > 0);
}

static void damaged_messages_do_no_harm(void) {
    struct usvf_request request, damaged;
    size_t size = message(&request, 5);
    uint64_t seed = 88172645463325252u;
    for (int round = 0; round < 100000; round++) {
        damaged = request;
        for (int i = 0; i < 1 + round % 4; i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            damaged.bytes[seed % size] = (char)(seed >> 32);
        }
        parse_copy(damaged.bytes, size, false);
    }
}

static void a_list_that_changed_while_it_was_read_is_not_believed(void) {
    struct usvf_request request;
    struct usvf_links links = {0};
    size_t size = message(&request, 1);
    struct nlmsghdr head;
    memcpy(&head, request.bytes, sizeof head);
    head.nlmsg_flags |= NLM_F_DUMP_INTR;
    memcpy(request.bytes, &head, sizeof head);
    CHECK(!usvf_links_parse(&links, request.bytes, size));
    usvf_links_free(&links);
}

/* Messages of any size, one after another. */
static char answers[1 << 20];
static size_t answered;

static void put(const void *data, size_t size) {
    CHECK(answered + size + 4 <= sizeof answers);
    memset(answers + answered, 0, size + 4);
    if (size)
        memcpy(answers + answered, data, size);
    answered += NLMSG_ALIGN(size);
}

/* Returns where it begins; a length of more than 16 bits wraps. */
static size_t begin_attribute(uint16_t type) {
    struct rtattr head = {.rta_type = type};
    put(&head, sizeof head);
    return answered - sizeof head;
}

static void end_attribute(size_t from) {
    uint16_t length = (uint16_t)(answered - from);
    memcpy(answers + from, &length, sizeof length);
}

static void attribute(uint16_t type, const void *data, size_t size) {
    struct rtattr head = {.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(size)};
    put(&head, sizeof head);
    put(data, size);
}

static size_t begin_message(uint16_t type, const void *header, size_t size) {
    struct nlmsghdr head = {.nlmsg_type = type};
    put(&head, sizeof head);
    put(header, size);
    return answered - NLMSG_ALIGN(size) - sizeof head;
}

static void end_message(size_t from) {
    uint32_t length = (uint32_t)(answered - from);
    memcpy(answers + from, &length, sizeof length);
}

static void end_answer(uint16_t type, int code) {
    end_message(begin_message(type, &code, sizeof code));
}

/* each: bytes of statistics per VF; a VF that is not of the type IFLA_VF_INFO: the list is damaged */
static void netdev(int index, const char *name, unsigned vfs, size_t each, unsigned damaged) {
    static const char statistics[1024];
    struct ifinfomsg info = {.ifi_index = index, .ifi_type = ARPHRD_ETHER};
    size_t whole = begin_message(RTM_NEWLINK, &info, sizeof info);
    attribute(IFLA_IFNAME, name, strlen(name) + 1);
    if (vfs) {
        attribute(IFLA_NUM_VF, &vfs, sizeof vfs);
        size_t list = begin_attribute(IFLA_VFINFO_LIST | NLA_F_NESTED);
        for (unsigned i = 0; i < vfs; i++) {
            struct ifla_vf_mac mac = {.vf = i, .mac = {2, 0, 0, 0, 0, (uint8_t)i}};
            size_t vf = begin_attribute((i == damaged ? IFLA_VF_INFO + 9 : IFLA_VF_INFO) | NLA_F_NESTED);
            attribute(IFLA_VF_MAC, &mac, sizeof mac);
            attribute(IFLA_VF_STATS, statistics, each);
            end_attribute(vf);
        }
        end_attribute(list);
    }
    size_t others = begin_attribute(IFLA_PROP_LIST | NLA_F_NESTED);
    attribute(IFLA_ALT_IFNAME, "other", 6);
    end_attribute(others);
    end_message(whole);
}

#define NONE UINT32_MAX

static void a_list_whose_length_has_wrapped_is_read_to_its_end(void) {
    /* 48 bytes without statistics; the last ones make lists of 65536 bytes with and without their header. */
    static const size_t sizes[] = {200, 208, 300, 460, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct usvf_links links = {0};
        answered = 0;
        netdev(3, "eno1", 256, sizes[i], NONE);
        netdev(4, "eno2", 7, 0, NONE);
        CHECK(usvf_links_parse(&links, answers, answered) && links.count == 2);
        CHECK(!links.rows[0].vfs_lost && links.rows[0].vf_count == 256 && strcmp(links.rows[0].name, "eno1") == 0);
        for (unsigned j = 0; j < 256; j++)
            CHECK(links.rows[0].vfs[j].has_mac && links.rows[0].vfs[j].mac[5] == j);
        CHECK(links.rows[0].altnames && strcmp(links.rows[0].altnames, "other") == 0);
        CHECK(links.rows[1].vf_count == 7 && strcmp(links.rows[1].altnames, "other") == 0);
        usvf_links_free(&links);
    }
}

static void a_damaged_list_of_vfs_is_not_believed(void) {
    struct usvf_links links = {0};
    answered = 0;
    netdev(3, "eno1", 256, 300, 250);
    netdev(4, "eno2", 7, 0, NONE);
    CHECK(usvf_links_parse(&links, answers, answered) && links.count == 2);
    CHECK(links.rows[0].vfs_lost && links.rows[0].vf_count == 0 && strcmp(links.rows[0].name, "eno1") == 0);
    CHECK(!links.rows[1].vfs_lost && links.rows[1].vf_count == 7);
    usvf_links_free(&links);
}

static struct tree tree;
static struct usvf_inventory *inventory;

/* A machine with two PFs, and what the kernel has answered. */
static void read_machine(void) {
    struct usvf_error error;
    tree_make(&tree);
    tree_pf(&tree, "0000:01:00.0", "eno1", 8, 1);
    tree_vf(&tree, "0000:01:00.0", 0, "0000:01:10.0", 1);
    tree_pf(&tree, "0000:02:00.0", "eno2", 8, 1);
    tree_vf(&tree, "0000:02:00.0", 0, "0000:02:10.0", 2);
    FILE *file = fopen(tree.links, "w");
    CHECK(file && fwrite(answers, answered, 1, file) == 1 && fclose(file) == 0);
    CHECK(usvf_inventory_read(&tree.roots, &inventory, &error) == USVF_OK && inventory->pf_count == 2);
}

static void forget_machine(void) {
    usvf_inventory_free(inventory);
    tree_remove(&tree);
}

static void only_the_list_of_eno1_is_unknown(void) {
    CHECK(inventory->problem_count == 1 && strcmp(inventory->problems[0].subject, "0000:01:00.0") == 0);
    CHECK(strstr(inventory->problems[0].message, "settings of its 1 VFs") && strstr(inventory->problems[0].message, "eno1"));
    CHECK(!inventory->pfs[0].vfs[0].settings.has_mac && strcmp(inventory->pfs[0].altnames, "other") == 0);
    CHECK(inventory->pfs[0].vfs[0].state == USVF_UNUSABLE && strstr(inventory->pfs[0].vfs[0].reason, "settings are unknown"));
    CHECK(inventory->pfs[1].vfs[0].settings.has_mac && inventory->pfs[1].vfs[0].state == USVF_FREE);
}

static void after_a_refused_dump_each_netdev_is_asked_for(void) {
    answered = 0;
    netdev(1, "lo", 0, 0, NONE);
    end_answer(NLMSG_DONE, -EMSGSIZE);
    netdev(1, "lo", 0, 0, NONE);
    netdev(3, "eno1", 0, 0, NONE);
    netdev(4, "eno2", 0, 0, NONE);
    end_answer(NLMSG_DONE, 0);
    netdev(1, "lo", 0, 0, NONE);
    end_answer(NLMSG_ERROR, 0);
    end_answer(NLMSG_ERROR, -EMSGSIZE);
    netdev(4, "eno2", 5, 0, NONE);
    end_answer(NLMSG_ERROR, 0);
    read_machine();
    only_the_list_of_eno1_is_unknown();
    forget_machine();
}

static void a_pf_whose_list_was_truncated_is_asked_for_alone(void) {
    for (int good = 0; good < 2; good++) {
        answered = 0;
        netdev(3, "eno1", 256, 300, 255);
        netdev(4, "eno2", 5, 0, NONE);
        end_answer(NLMSG_DONE, 0);
        netdev(3, "eno1", 256, 300, good ? NONE : 255);
        end_answer(NLMSG_ERROR, 0);
        read_machine();
        CHECK(inventory->problem_count == (good ? 0u : 1u) && inventory->pfs[0].vfs[0].settings.has_mac == good);
        CHECK(inventory->pfs[0].vfs[0].state == (good ? USVF_FREE : USVF_UNUSABLE));
        CHECK(inventory->pfs[1].vfs[0].settings.has_mac);
        forget_machine();
    }
}

static void a_pf_behind_the_end_of_a_refused_list_is_named(void) {
    answered = 0;
    netdev(4, "eno2", 5, 0, NONE);
    end_answer(NLMSG_DONE, -EMSGSIZE);
    read_machine();
    CHECK(inventory->problem_count == 1 && strcmp(inventory->problems[0].subject, "0000:01:00.0") == 0);
    CHECK(inventory->pfs[0].vfs[0].state == USVF_UNUSABLE);
    CHECK(inventory->pfs[1].vfs[0].settings.has_mac);
    forget_machine();
}

static void the_kernel_of_this_machine_answers(void) {
    struct usvf_links links = {0};
    struct usvf_error error;
    CHECK(usvf_links_read(NULL, &links, &error) == USVF_OK);
    CHECK(usvf_links_find(&links, "lo") && !usvf_links_find(&links, "nonexistent0"));
    usvf_links_free(&links);
}

int main(void) {
    TEST(reads_a_pf_with_its_vfs);
    TEST(cut_messages_are_never_read_past_their_end);
    TEST(damaged_messages_do_no_harm);
    TEST(a_list_that_changed_while_it_was_read_is_not_believed);
    TEST(a_list_whose_length_has_wrapped_is_read_to_its_end);
    TEST(a_damaged_list_of_vfs_is_not_believed);
    TEST(after_a_refused_dump_each_netdev_is_asked_for);
    TEST(a_pf_whose_list_was_truncated_is_asked_for_alone);
    TEST(a_pf_behind_the_end_of_a_refused_list_is_named);
    TEST(the_kernel_of_this_machine_answers);
    printf("links: %d passed\n", checked);
    return 0;
}
