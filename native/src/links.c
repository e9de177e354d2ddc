/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads all netdevs and the settings of their VFs by one RTM_GETLINK dump, and what has an IP address by RTM_GETADDR. A
 * recording may have both. Source: rtnetlink(7), linux/if_link.h.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

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
    else if (attribute->type == IFLA_VFINFO_LIST)
        read_vfs(row, usvf_attributes_after(data, size, 0));
}

static void free_row(struct usvf_link *row) {
    free(row->vfs);
    free(row->altnames);
}

static void read_address(struct usvf_links *links, const void *body, size_t size) {
    struct ifaddrmsg address;
    int *more = size < sizeof address ? NULL : realloc(links->addressed, (links->addresses + 1) * sizeof *more);
    if (!more)
        return;
    memcpy(&address, body, sizeof address);
    links->addressed = more;
    more[links->addresses++] = (int)address.ifa_index;
}

static void read_row(uint16_t type, const void *body, size_t size, void *context) {
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
    for (struct usvf_attribute attribute; usvf_attribute_next(&rest, &attribute);) {
        elsewhere = elsewhere || attribute.type == IFLA_LINK_NETNSID;
        read_attribute(&row, &attribute);
    }
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
    return usvf_dump_parse(&dump, buffer, size, read_row, links) && !dump.refused && !dump.changed;
}

static int read_recording(const char *path, struct usvf_links *links, struct usvf_error *error) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return usvf_fail(error, USVF_FAILED, "recording %s cannot be opened: %s", path, strerror(errno));
    char *buffer = NULL;
    size_t size = 0;
    ssize_t got;
    do {
        char *more = realloc(buffer, size + 65536);
        if (!more) {
            got = -1;
            break;
        }
        buffer = more;
        got = read(file, buffer + size, 65536);
        size += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    close(file);
    bool good = got == 0 && usvf_links_parse(links, buffer, size);
    free(buffer);
    return good ? USVF_OK : usvf_fail(error, USVF_FAILED, "recording %s is damaged", path);
}

static void reset(void *links) {
    usvf_links_free(links);
}

static void reset_addresses(void *links) {
    ((struct usvf_links *)links)->addresses = 0;
}

static int read_addresses(struct usvf_links *links, struct usvf_error *error) {
    const struct {
        struct nlmsghdr head;
        struct ifaddrmsg address;
    } request = {
        .head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETADDR, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
    };
    return usvf_dump_read(NETLINK_ROUTE, &request, sizeof request, "IP addresses", read_row, reset_addresses, links, error);
}

static int read_kernel(struct usvf_links *links, struct usvf_error *error) {
    const struct {
        struct nlmsghdr head;
        struct ifinfomsg info;
        struct rtattr attribute;
        uint32_t filter;
    } request = {
        .head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
        .filter = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS,
    };
    int result = usvf_dump_read(NETLINK_ROUTE, &request, sizeof request, "netdevs", read_row, reset, links, error);
    return result == USVF_OK ? read_addresses(links, error) : result;
}

static int by_index(const void *a, const void *b) {
    int left = (*(struct usvf_link *const *)a)->index, right = (*(struct usvf_link *const *)b)->index;
    return left < right ? -1 : left > right;
}

static struct usvf_link *at_index(struct usvf_link **rows, size_t count, int index) {
    struct usvf_link key = {.index = index}, *wanted = &key;
    struct usvf_link **found = bsearch(&wanted, rows, count, sizeof *rows, by_index);
    return found ? *found : NULL;
}

/* Marks the netdevs that have another one on top of them, or an IP address. False: no memory. */
static bool mark_used(struct usvf_links *links) {
    struct usvf_link **rows = malloc((links->count + 1) * sizeof *rows);
    if (!rows)
        return false;
    for (size_t i = 0; i < links->count; i++)
        rows[i] = &links->rows[i];
    qsort(rows, links->count, sizeof *rows, by_index);
    for (size_t i = 0; i < links->count; i++) {
        struct usvf_link *lower = links->rows[i].lower ? at_index(rows, links->count, links->rows[i].lower) : NULL;
        if (lower)
            usvf_copy(lower->upper, sizeof lower->upper, links->rows[i].name);
    }
    for (size_t i = 0; i < links->addresses; i++) {
        struct usvf_link *row = at_index(rows, links->count, links->addressed[i]);
        if (row)
            row->addressed = true;
    }
    free(rows);
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct usvf_link *)a)->name, ((const struct usvf_link *)b)->name);
}

int usvf_links_read(const char *recording, struct usvf_links *links, struct usvf_error *error) {
    int result = recording ? read_recording(recording, links, error) : read_kernel(links, error);
    if (result == USVF_OK && links->count)
        qsort(links->rows, links->count, sizeof *links->rows, by_name);
    return result == USVF_OK && !mark_used(links) ? usvf_fail(error, USVF_FAILED, "list of netdevs does not fit into memory") : result;
}

void usvf_links_free(struct usvf_links *links) {
    for (size_t i = 0; i < links->count; i++)
        free_row(&links->rows[i]);
    free(links->rows);
    free(links->addressed);
    *links = (struct usvf_links){0};
}

const struct usvf_link *usvf_links_find(const struct usvf_links *links, const char *name) {
    struct usvf_link key = {0};
    usvf_copy(key.name, sizeof key.name, name);
    return links->count ? bsearch(&key, links->rows, links->count, sizeof key, by_name) : NULL;
}

const struct usvf_link *usvf_links_at(const struct usvf_links *links, int index) {
    for (size_t i = 0; i < links->count; i++)
        if (links->rows[i].index == index)
            return &links->rows[i];
    return NULL;
}
