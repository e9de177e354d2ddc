/* SPDX-License-Identifier: Apache-2.0 */
/* Reads all netdevs with what is set for their VFs, by one RTM_GETLINK dump. Source: rtnetlink(7), linux/if_link.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

/* An adapter has 256 VFs at most; what claims to be more is no row of the kernel's. */
#define MOST_VFS 4096

/* A walk over attributes that trusts no length. */
struct walk {
    const char *at;
    size_t left;
};

static bool next(struct walk *walk, uint16_t *type, const void **data, size_t *size) {
    struct rtattr head;
    if (walk->left < sizeof head)
        return false;
    memcpy(&head, walk->at, sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > walk->left)
        return false;
    *type = head.rta_type & NLA_TYPE_MASK;
    *data = walk->at + RTA_LENGTH(0);
    *size = head.rta_len - RTA_LENGTH(0);
    size_t whole = RTA_ALIGN(head.rta_len);
    if (whole > walk->left)
        whole = walk->left;
    walk->at += whole;
    walk->left -= whole;
    return true;
}

static const struct usvf_settings unknown = {.vlan = USVF_UNKNOWN,
    .qos = USVF_UNKNOWN,
    .trust = USVF_UNKNOWN,
    .spoofchk = USVF_UNKNOWN,
    .link_state = USVF_UNKNOWN,
    .min_rate = USVF_UNKNOWN,
    .max_rate = USVF_UNKNOWN};

/* The kernel says -1 for what a driver does not know. */
static int setting(uint32_t value) {
    return value > 0xffff ? USVF_UNKNOWN : (int)value;
}

static void read_vf(struct usvf_link *link, struct walk walk) {
    struct usvf_settings found = unknown;
    uint32_t index = UINT32_MAX;
    uint16_t type;
    const void *data;
    size_t size;
    while (next(&walk, &type, &data, &size)) {
        uint32_t words[3] = {0};
        memcpy(words, data, size < sizeof words ? size : sizeof words);
        switch (type) {
        case IFLA_VF_MAC:
            if (size >= sizeof(struct ifla_vf_mac)) {
                index = words[0];
                memcpy(found.mac, (const char *)data + 4, 6);
                found.has_mac = true;
            }
            break;
        case IFLA_VF_VLAN:
            if (size >= sizeof(struct ifla_vf_vlan)) {
                found.vlan = setting(words[1]);
                found.qos = setting(words[2]);
            }
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

static void read_vfs(struct usvf_link *link, struct walk list) {
    uint16_t type;
    const void *data;
    size_t size;
    while (next(&list, &type, &data, &size))
        if (type == IFLA_VF_INFO)
            read_vf(link, (struct walk){data, size});
}

static void read_row(struct usvf_links *links, const struct ifinfomsg *info, struct walk walk) {
    struct usvf_link row = {.index = info->ifi_index,
        .up = info->ifi_flags & IFF_UP,
        .carrier = USVF_UNKNOWN,
        .mtu = USVF_UNKNOWN};
    uint16_t type;
    const void *data;
    size_t size;
    while (next(&walk, &type, &data, &size)) {
        if (type == IFLA_IFNAME && size > 0)
            usvf_copy(row.name, size < sizeof row.name ? size : sizeof row.name, data);
        else if (type == IFLA_ADDRESS && size == 6)
            memcpy(row.mac, data, 6);
        else if (type == IFLA_CARRIER && size >= 1)
            row.carrier = *(const uint8_t *)data;
        else if (type == IFLA_MTU && size >= 4)
            memcpy(&row.mtu, data, sizeof row.mtu);
        else if (type == IFLA_MASTER && size >= 4)
            memcpy(&row.master, data, sizeof row.master);
        else if (type == IFLA_VFINFO_LIST)
            read_vfs(&row, (struct walk){data, size});
    }
    struct usvf_link *rows = realloc(links->rows, (links->count + 1) * sizeof *rows);
    if (!rows) {
        free(row.vfs);
        return;
    }
    links->rows = rows;
    rows[links->count++] = row;
}

/* Reads the messages of a buffer; 'done' is set at the end of a dump, 'refused' to the errno of an error message. */
static bool read_messages(struct usvf_links *links, const char *at, size_t left, bool *done, int *refused) {
    while (left >= sizeof(struct nlmsghdr)) {
        struct nlmsghdr head;
        memcpy(&head, at, sizeof head);
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > left)
            return false;
        const char *body = at + NLMSG_HDRLEN;
        size_t size = head.nlmsg_len - NLMSG_HDRLEN;
        if (head.nlmsg_type == NLMSG_DONE) {
            *done = true;
            return true;
        }
        if (head.nlmsg_type == NLMSG_ERROR) {
            int code = 0;
            memcpy(&code, body, size < sizeof code ? size : sizeof code);
            *refused = -code;
            *done = true;
            return true;
        }
        if (head.nlmsg_type == RTM_NEWLINK && size >= sizeof(struct ifinfomsg)) {
            struct ifinfomsg info;
            memcpy(&info, body, sizeof info);
            size_t skip = NLMSG_ALIGN(sizeof info);
            read_row(links, &info, (struct walk){body + skip, size > skip ? size - skip : 0});
        }
        size_t whole = NLMSG_ALIGN(head.nlmsg_len);
        if (whole > left)
            whole = left;
        at += whole;
        left -= whole;
    }
    return left == 0;
}

bool usvf_links_parse(struct usvf_links *links, const void *buffer, size_t size) {
    bool done = false;
    int refused = 0;
    return read_messages(links, buffer, size, &done, &refused) && refused == 0;
}

static int read_recording(const char *path, struct usvf_links *links, struct usvf_error *error) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return usvf_fail(error, USVF_FAILED, "the recording %s cannot be opened: %s", path, strerror(errno));
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
    return good ? USVF_OK : usvf_fail(error, USVF_FAILED, "the recording %s is damaged", path);
}

static int read_answers(int socket, char *buffer, size_t size, struct usvf_links *links, struct usvf_error *error) {
    bool done = false;
    int refused = 0;
    while (!done) {
        ssize_t got = recv(socket, buffer, size, MSG_TRUNC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return usvf_fail(error, USVF_FAILED, "the list of netdevs cannot be read: %s", strerror(errno));
        if ((size_t)got > size || !read_messages(links, buffer, (size_t)got, &done, &refused))
            return usvf_fail(error, USVF_FAILED, "the kernel's list of netdevs is damaged");
    }
    return refused ? usvf_fail(error, USVF_FAILED, "the kernel refuses the list of netdevs: %s", strerror(refused)) : USVF_OK;
}

static int ask_kernel(struct usvf_links *links, struct usvf_error *error) {
    struct {
        struct nlmsghdr head;
        struct ifinfomsg info;
        struct rtattr attribute;
        uint32_t filter;
    } request = {
        .head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
        .filter = RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS,
    };
    /* The row of a PF with 256 VFs has some 60 KB, and the kernel needs it in one message. */
    size_t size = 1 << 20;
    char *buffer = malloc(size);
    int socket_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    int result;
    if (!buffer || socket_ < 0 || send(socket_, &request, sizeof request, 0) < 0)
        result = usvf_fail(error, usvf_code_of(errno), "the kernel cannot be asked for netdevs: %s", strerror(errno));
    else
        result = read_answers(socket_, buffer, size, links, error);
    if (socket_ >= 0)
        close(socket_);
    free(buffer);
    return result;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct usvf_link *)a)->name, ((const struct usvf_link *)b)->name);
}

int usvf_links_read(const char *recording, struct usvf_links *links, struct usvf_error *error) {
    int result = recording ? read_recording(recording, links, error) : ask_kernel(links, error);
    if (result == USVF_OK && links->count)
        qsort(links->rows, links->count, sizeof *links->rows, by_name);
    return result;
}

void usvf_links_free(struct usvf_links *links) {
    for (size_t i = 0; i < links->count; i++)
        free(links->rows[i].vfs);
    free(links->rows);
    *links = (struct usvf_links){0};
}

const struct usvf_link *usvf_links_find(const struct usvf_links *links, const char *name) {
    struct usvf_link key = {0};
    usvf_copy(key.name, sizeof key.name, name);
    return links->count ? bsearch(&key, links->rows, links->count, sizeof key, by_name) : NULL;
}
