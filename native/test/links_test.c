/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

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
    TEST(the_kernel_of_this_machine_answers);
    printf("links: %d passed\n", checked);
    return 0;
}
