/* SPDX-License-Identifier: Apache-2.0 */
/* Parses netdevs with the settings of their VFs (RTM_NEWLINK), and IP addresses. Source: rtnetlink(7), linux/if_link.h. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "internal.h"

/* An adapter has 256 VFs at most; a row with more is damaged. */
#define MOST_VFS 4096

static const struct usvf_settings unknown = {.vlan = USVF_UNKNOWN,
    .qos = USVF_UNKNOWN,
    .trust = USVF_UNKNOWN,
    .spoofchk = USVF_UNKNOWN,
    .link_state = USVF_UNKNOWN,
    .min_rate = USVF_UNKNOWN,
    .max_rate = USVF_UNKNOWN};

/* The kernel reports -1 for a value that the driver does not report. */
static int setting(uint32_t value) {
    return value > 0xffff ? USVF_UNKNOWN : (int)value;
}

/* Only this list has the protocol; of several VLANs, the first counts. */
static int vlan_protocol(const struct usvf_attribute *list) {
    struct usvf_attributes rest = usvf_attributes_after(list->data, list->size, 0);
    struct usvf_attribute one;
    struct ifla_vf_vlan_info vlan;
    if (!usvf_attribute_next(&rest, &one) || one.type != IFLA_VF_VLAN_INFO || one.size < sizeof vlan)
        return 0;
    memcpy(&vlan, one.data, sizeof vlan);
    return ntohs(vlan.vlan_proto);
}

static void read_vf(struct usvf_link *link, struct usvf_attributes rest) {
    struct usvf_settings found = unknown;
    uint32_t index = UINT32_MAX;
    struct usvf_attribute attribute;
    while (usvf_attribute_next(&rest, &attribute)) {
        uint32_t words[3] = {0};
        const size_t size = attribute.size;
        memcpy(words, attribute.data, size < sizeof words ? size : sizeof words);
        switch (attribute.type) {
        case IFLA_VF_MAC:
            if (size >= sizeof(struct ifla_vf_mac)) {
                index = words[0];
                memcpy(found.mac, (const char *)attribute.data + 4, 6);
                found.has_mac = true;
            }
            break;
        case IFLA_VF_VLAN:
            if (size >= sizeof(struct ifla_vf_vlan)) {
                found.vlan = setting(words[1]);
                found.qos = setting(words[2]);
            }
            break;
        case IFLA_VF_VLAN_LIST:
            found.vlan_protocol = vlan_protocol(&attribute);
            break;
        case IFLA_VF_RATE:
            if (size >= sizeof(struct ifla_vf_rate)) {
                found.min_rate = words[1];
                found.max_rate = words[2];
            }
            break;
        case IFLA_VF_SPOOFCHK:
            if (size >= sizeof(struct ifla_vf_spoofchk))
                found.spoofchk = setting(words[1]);
            break;
        case IFLA_VF_TRUST:
            if (size >= sizeof(struct ifla_vf_trust))
                found.trust = setting(words[1]);
            break;
        case IFLA_VF_LINK_STATE:
            if (size >= sizeof(struct ifla_vf_link_state))
                found.link_state = setting(words[1]);
            break;
        default:
            break;
        }
    }
    if (index >= MOST_VFS)
        return;
    if (index >= link->vf_count) {
        struct usvf_settings *more = realloc(link->vfs, (index + 1) * sizeof *more);
        if (!more)
            return;
        for (unsigned i = link->vf_count; i <= index; i++)
            more[i] = unknown;
        link->vfs = more;
        link->vf_count = index + 1;
    }
    link->vfs[index] = found;
}

static void read_vfs(struct usvf_link *link, struct usvf_attributes list) {
    struct usvf_attribute vf;
    while (usvf_attribute_next(&list, &vf))
        if (vf.type == IFLA_VF_INFO)
            read_vf(link, usvf_attributes_after(vf.data, vf.size, 0));
}

/*
 * An attribute has 16 bits for its length, so that of a list of many VFs may have wrapped. The true length ends behind the last
 * VF and differs from the shown one only in the bits that do not fit; else 0: the list is damaged.
 */
static size_t true_size(const struct usvf_attribute *list, struct usvf_attributes rest, uint32_t count) {
    const size_t whole = rest.left;
    struct usvf_attributes after = rest;
    struct usvf_attribute vf;
    while (count-- > 0 && usvf_attribute_next(&after, &vf) && vf.type == IFLA_VF_INFO)
        rest = after;
    const size_t size = whole - rest.left;
    return (uint16_t)size == (uint16_t)list->size ? size : 0;
}

/* What follows a damaged list cannot be found. */
static void read_list(struct usvf_link *row, const struct usvf_attribute *list, uint32_t count, struct usvf_attributes *rest,
    const char *end) {
    struct usvf_attributes all = {list->data, (size_t)(end - (const char *)list->data)};
    size_t size = count ? true_size(list, all, count) : list->size;
    row->vfs_lost = size == 0 && list->size > 0;
    if (row->vfs_lost)
        return;
    read_vfs(row, (struct usvf_attributes){list->data, size});
    if (size > list->size)
        *rest = usvf_attributes_after(list->data, all.left, size);
}

/* Names have no blanks. */
static void read_altnames(struct usvf_link *row, struct usvf_attributes list) {
    struct usvf_attribute one;
    while (usvf_attribute_next(&list, &one)) {
        size_t length = one.type == IFLA_ALT_IFNAME ? strnlen(one.data, one.size) : 0;
        size_t before = row->altnames ? strlen(row->altnames) + 1 : 0;
        char *more = length ? realloc(row->altnames, before + length + 1) : NULL;
        if (!more)
            continue;
        if (before)
            more[before - 1] = ' ';
        memcpy(more + before, one.data, length);
        more[before + length] = 0;
        row->altnames = more;
    }
}

static void read_kinds(struct usvf_link *row, struct usvf_attributes list) {
    struct usvf_attribute one;
    while (usvf_attribute_next(&list, &one)) {
        char *kind = one.type == IFLA_INFO_KIND ? row->kind : one.type == IFLA_INFO_SLAVE_KIND ? row->master_kind : NULL;
        if (kind && one.size > 0)
            usvf_copy(kind, one.size < sizeof row->kind ? one.size : sizeof row->kind, one.data);
    }
}

static void read_attribute(struct usvf_link *row, const struct usvf_attribute *attribute) {
    const void *data = attribute->data;
    const size_t size = attribute->size;
    if (attribute->type == IFLA_IFNAME && size > 0)
        usvf_copy(row->name, size < sizeof row->name ? size : sizeof row->name, data);
    else if (attribute->type == IFLA_ADDRESS && size == 6)
        memcpy(row->mac, data, 6);
    else if (attribute->type == IFLA_CARRIER && size >= 1)
        row->carrier = *(const uint8_t *)data;
    else if (attribute->type == IFLA_MTU && size >= 4)
        memcpy(&row->mtu, data, sizeof row->mtu);
    else if (attribute->type == IFLA_MASTER && size >= 4)
        memcpy(&row->master, data, sizeof row->master);
    else if (attribute->type == IFLA_LINK && size >= 4)
        memcpy(&row->lower, data, sizeof row->lower);
    else if (attribute->type == IFLA_LINKINFO)
        read_kinds(row, usvf_attributes_after(data, size, 0));
    else if (attribute->type == IFLA_PROP_LIST)
        read_altnames(row, usvf_attributes_after(data, size, 0));
}

static void free_row(struct usvf_link *row) {
    free(row->vfs);
    free(row->altnames);
}

static void read_address(struct usvf_links *links, const void *body, size_t size) {
    struct ifaddrmsg address;
    if (size < sizeof address)
        return;
    memcpy(&address, body, sizeof address);
    /* The kernel gives one to each netdev that is up. */
    if (address.ifa_family == AF_INET6 && address.ifa_scope == RT_SCOPE_LINK)
        return;
    int *more = realloc(links->addressed, (links->addresses + 1) * sizeof *more);
    if (!more)
        return;
    links->addressed = more;
    more[links->addresses++] = (int)address.ifa_index;
}

void usvf_links_row(uint16_t type, const void *body, size_t size, void *context) {
    struct usvf_links *links = context;
    struct ifinfomsg info;
    if (type == RTM_NEWADDR)
        read_address(links, body, size);
    if (type != RTM_NEWLINK || size < sizeof info)
        return;
    memcpy(&info, body, sizeof info);
    struct usvf_link row = {.index = info.ifi_index,
        .up = info.ifi_flags & IFF_UP,
        .type = info.ifi_type,
        .carrier = USVF_UNKNOWN,
        .mtu = USVF_UNKNOWN};
    struct usvf_attributes rest = usvf_attributes_after(body, size, sizeof info);
    bool elsewhere = false; /* the index below is one of another network namespace */
    uint32_t vfs = 0;
    for (struct usvf_attribute attribute; !row.vfs_lost && usvf_attribute_next(&rest, &attribute);) {
        elsewhere = elsewhere || attribute.type == IFLA_LINK_NETNSID;
        if (attribute.type == IFLA_NUM_VF && attribute.size >= sizeof vfs)
            memcpy(&vfs, attribute.data, sizeof vfs);
        if (attribute.type == IFLA_VFINFO_LIST)
            read_list(&row, &attribute, vfs, &rest, (const char *)body + size);
        else
            read_attribute(&row, &attribute);
    }
    if (vfs && rest.left >= sizeof(struct rtattr)) /* not even the length of the list is one */
        row.vfs_lost = true;
    row.vfs_unreported = vfs > 0 && !row.vfs_lost && !row.vf_count;
    if (elsewhere || row.lower == row.index)
        row.lower = 0;
    struct usvf_link *rows = realloc(links->rows, (links->count + 1) * sizeof *rows);
    if (!rows) {
        free_row(&row);
        return;
    }
    links->rows = rows;
    rows[links->count++] = row;
}

bool usvf_links_parse(struct usvf_links *links, const void *buffer, size_t size) {
    struct usvf_dump dump = {0};
    return usvf_dump_parse(&dump, buffer, size, usvf_links_row, links) && !dump.refused && !dump.changed;
}

void usvf_links_free(struct usvf_links *links) {
    for (size_t i = 0; i < links->count; i++)
        free_row(&links->rows[i]);
    free(links->rows);
    free(links->addressed);
    *links = (struct usvf_links){0};
}
