/* SPDX-License-Identifier: Apache-2.0 */
/* Forwarding databases of bridges and of PFs. Source: bridge(8), RTM_NEWNEIGH with AF_BRIDGE in rtnetlink(7). */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

static int change(const struct usvf_fdb_entry *entry, uint16_t type, uint16_t flags, struct usvf_error *error) {
    struct ndmsg message = {.ndm_family = AF_BRIDGE,
        .ndm_ifindex = (int)if_nametoindex(entry->netdev),
        .ndm_state = NUD_PERMANENT | NUD_NOARP,
        .ndm_flags = entry->self ? NTF_SELF : NTF_MASTER};
    if (message.ndm_ifindex == 0)
        return usvf_fail(error, USVF_NOT_FOUND, "there is no netdev %s", entry->netdev);
    if (entry->vlan < 0 || entry->vlan > 4094 || (entry->mac[0] & 1))
        return usvf_fail(error, USVF_BAD_ARGUMENT, "an entry has a unicast MAC and a VLAN from 0 (none) to 4094");
    struct usvf_request request;
    usvf_request_begin(&request, type, flags, &message, sizeof message);
    usvf_request_add(&request, NDA_LLADDR, entry->mac, sizeof entry->mac);
    uint16_t vlan = (uint16_t)entry->vlan;
    if (vlan)
        usvf_request_add(&request, NDA_VLAN, &vlan, sizeof vlan);
    int refused = -usvf_request_send(&request);
    if (refused == 0 || (type == RTM_NEWNEIGH && refused == EEXIST) || (type == RTM_DELNEIGH && refused == ENOENT))
        return USVF_OK;
    return usvf_fail(error, usvf_code_of(refused), "the forwarding entry on %s cannot be %s: %s", entry->netdev,
        type == RTM_NEWNEIGH ? "added" : "deleted", strerror(refused));
}

int usvf_fdb_add(const struct usvf_fdb_entry *entry, struct usvf_error *error) {
    return change(entry, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, error);
}

int usvf_fdb_delete(const struct usvf_fdb_entry *entry, struct usvf_error *error) {
    return change(entry, RTM_DELNEIGH, 0, error);
}

static void visit_row(const struct nlmsghdr *head, unsigned index, const char *netdev, usvf_fdb_visitor *visit, void *context) {
    const struct ndmsg *row = NLMSG_DATA(head);
    if (head->nlmsg_len < NLMSG_LENGTH(sizeof *row) || row->ndm_family != AF_BRIDGE || (unsigned)row->ndm_ifindex != index)
        return;
    struct usvf_fdb_entry entry = {.self = row->ndm_flags & NTF_SELF};
    usvf_copy(entry.netdev, sizeof entry.netdev, netdev);
    bool has_mac = false;
    int left = (int)(head->nlmsg_len - NLMSG_LENGTH(sizeof *row));
    const struct rtattr *attribute = (const void *)((const char *)row + NLMSG_ALIGN(sizeof *row));
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type == NDA_LLADDR && RTA_PAYLOAD(attribute) == 6) {
            memcpy(entry.mac, RTA_DATA(attribute), 6);
            has_mac = true;
        } else if (attribute->rta_type == NDA_VLAN && RTA_PAYLOAD(attribute) >= 2) {
            uint16_t vlan;
            memcpy(&vlan, RTA_DATA(attribute), sizeof vlan);
            entry.vlan = vlan;
        }
    }
    if (has_mac)
        visit(&entry, context);
}

int usvf_fdb_visit(const char *netdev, usvf_fdb_visitor *visit, void *context, struct usvf_error *error) {
    unsigned index = if_nametoindex(netdev);
    if (index == 0)
        return usvf_fail(error, USVF_NOT_FOUND, "there is no netdev %s", netdev);
    /* The kernel takes an ifinfomsg here; an index in it would be that of a bridge, not of a port. */
    struct {
        struct nlmsghdr head;
        struct ifinfomsg info;
    } request = {
        .head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETNEIGH, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .info = {.ifi_family = AF_BRIDGE},
    };
    size_t size = 1 << 18;
    char *buffer = malloc(size);
    int socket_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    bool done = !buffer || socket_ < 0 || send(socket_, &request, sizeof request, 0) < 0;
    int result = done ? usvf_fail(error, usvf_code_of(errno), "the kernel cannot be asked: %s", strerror(errno)) : USVF_OK;
    while (!done) {
        ssize_t got = recv(socket_, buffer, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        int left = (int)got;
        done = got <= 0;
        if (done)
            result = usvf_fail(error, USVF_FAILED, "the forwarding entries cannot be read: %s", strerror(errno));
        for (const struct nlmsghdr *head = (void *)buffer; !done && NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
            done = head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR;
            if (head->nlmsg_type == NLMSG_ERROR)
                result = usvf_fail(error, USVF_FAILED, "the kernel refuses the list of forwarding entries");
            else if (head->nlmsg_type == RTM_NEWNEIGH)
                visit_row(head, index, netdev, visit, context);
        }
    }
    if (socket_ >= 0)
        close(socket_);
    free(buffer);
    return result;
}
