/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to rtnetlink that change something. Source: rtnetlink(7). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

static struct nlmsghdr *head_of(struct usvf_request *request) {
    return (struct nlmsghdr *)(void *)request->bytes;
}

void usvf_request_begin(struct usvf_request *request, uint16_t type, uint16_t flags, const void *header, size_t size) {
    memset(request, 0, sizeof *request);
    struct nlmsghdr *head = head_of(request);
    head->nlmsg_type = type;
    head->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    head->nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
    memcpy(NLMSG_DATA(head), header, size);
}

void usvf_request_add(struct usvf_request *request, uint16_t type, const void *data, size_t size) {
    struct nlmsghdr *head = head_of(request);
    size_t at = NLMSG_ALIGN(head->nlmsg_len);
    if (at + RTA_SPACE(size) > sizeof request->bytes)
        return; /* no request in this library is that long */
    struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type};
    memcpy(request->bytes + at, &attribute, sizeof attribute);
    if (size)
        memcpy(request->bytes + at + RTA_LENGTH(0), data, size);
    head->nlmsg_len = (uint32_t)(at + RTA_SPACE(size));
}

void *usvf_request_nest(struct usvf_request *request, uint16_t type) {
    void *nest = request->bytes + NLMSG_ALIGN(head_of(request)->nlmsg_len);
    usvf_request_add(request, type, NULL, 0);
    return nest;
}

void usvf_request_end_nest(struct usvf_request *request, void *nest) {
    uint16_t length = (uint16_t)(request->bytes + head_of(request)->nlmsg_len - (char *)nest);
    memcpy(nest, &length, sizeof length); /* rta_len comes first */
}

int usvf_request_send(struct usvf_request *request) {
    int socket_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (socket_ < 0)
        return -errno;
    struct {
        struct nlmsghdr head;
        struct nlmsgerr answer;
        char echo[sizeof request->bytes + 512];
    } reply;
    ssize_t got = send(socket_, request->bytes, head_of(request)->nlmsg_len, 0);
    while (got >= 0 && (got = recv(socket_, &reply, sizeof reply, 0)) < 0 && errno == EINTR)
        got = 0;
    int result = got < 0 ? -errno : 0;
    close(socket_);
    if (result == 0)
        result = (size_t)got >= NLMSG_LENGTH(sizeof(int)) && reply.head.nlmsg_type == NLMSG_ERROR ? reply.answer.error : -EPROTO;
    return result;
}

/* list: the attribute is one of a list of this type, or 0 */
static int send_vf(const char *pf, uint16_t list, uint16_t type, const void *data, size_t size) {
    struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int)if_nametoindex(pf)};
    if (info.ifi_index == 0)
        return -errno;
    struct usvf_request request;
    usvf_request_begin(&request, RTM_SETLINK, 0, &info, sizeof info);
    void *vfs = usvf_request_nest(&request, IFLA_VFINFO_LIST | NLA_F_NESTED);
    void *vf = usvf_request_nest(&request, IFLA_VF_INFO | NLA_F_NESTED);
    void *inner = list ? usvf_request_nest(&request, list | NLA_F_NESTED) : NULL;
    usvf_request_add(&request, type, data, size);
    if (inner)
        usvf_request_end_nest(&request, inner);
    usvf_request_end_nest(&request, vf);
    usvf_request_end_nest(&request, vfs);
    return usvf_request_send(&request);
}

int usvf_settings_write(const char *pf, unsigned index, const struct usvf_settings *settings, const char **what) {
    int result = 0;
    if (settings->has_mac) {
        struct ifla_vf_mac value = {.vf = index};
        memcpy(value.mac, settings->mac, 6);
        *what = "MAC";
        result = send_vf(pf, 0, IFLA_VF_MAC, &value, sizeof value);
    }
    if (result == 0 && settings->vlan >= 0) {
        struct ifla_vf_vlan_info value;
        memset(&value, 0, sizeof value); /* its padding is sent too */
        value.vf = index;
        value.vlan = (uint32_t)settings->vlan;
        value.qos = settings->qos < 0 ? 0 : (uint32_t)settings->qos;
        value.vlan_proto = htons((uint16_t)settings->vlan_protocol);
        *what = "VLAN";
        /* Not every driver supports the list; only 802.1ad needs it. */
        result = settings->vlan_protocol == ETH_P_8021AD
            ? send_vf(pf, IFLA_VF_VLAN_LIST, IFLA_VF_VLAN_INFO, &value, sizeof value)
            : send_vf(pf, 0, IFLA_VF_VLAN, &value, sizeof(struct ifla_vf_vlan));
    }
    if (result == 0 && settings->trust >= 0) {
        struct ifla_vf_trust value = {index, (uint32_t)settings->trust};
        *what = "trust";
        result = send_vf(pf, 0, IFLA_VF_TRUST, &value, sizeof value);
    }
    if (result == 0 && settings->spoofchk >= 0) {
        struct ifla_vf_spoofchk value = {index, (uint32_t)settings->spoofchk};
        *what = "spoofchk";
        result = send_vf(pf, 0, IFLA_VF_SPOOFCHK, &value, sizeof value);
    }
    if (result == 0 && settings->link_state >= 0) {
        struct ifla_vf_link_state value = {index, (uint32_t)settings->link_state};
        *what = "link state";
        result = send_vf(pf, 0, IFLA_VF_LINK_STATE, &value, sizeof value);
    }
    if (result == 0 && settings->max_rate >= 0) {
        struct ifla_vf_rate value = {
            index, settings->min_rate < 0 ? 0 : (uint32_t)settings->min_rate, (uint32_t)settings->max_rate};
        *what = "rate";
        result = send_vf(pf, 0, IFLA_VF_RATE, &value, sizeof value);
    }
    return result;
}
