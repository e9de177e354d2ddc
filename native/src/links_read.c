/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads all netdevs with the settings of their VFs by one RTM_GETLINK dump, and what has an IP address by RTM_GETADDR. The kernel
 * ends the dump at a PF whose VFs do not fit into one message: then each netdev is asked for alone. Source: rtnetlink(7).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

/* Recorded answers, in the order of the requests. The list of netdevs may have the IP addresses too. */
struct recording {
    const char *path, *at; /* path NULL: the kernel is asked */
    size_t left;
    int refused; /* why the last answer ended early */
};

static void reset(void *links) {
    usvf_links_free(links);
}

static void reset_addresses(void *links) {
    ((struct usvf_links *)links)->addresses = 0;
}

/* The size of the first answer: up to the message that ends it. */
static size_t answer_size(const char *at, size_t left) {
    size_t size = 0;
    struct nlmsghdr head = {0};
    while (left - size >= sizeof head && head.nlmsg_type != NLMSG_DONE && head.nlmsg_type != NLMSG_ERROR) {
        memcpy(&head, at + size, sizeof head);
        if (head.nlmsg_len < sizeof head || head.nlmsg_len > left - size)
            return left;
        size_t whole = NLMSG_ALIGN(head.nlmsg_len);
        size = whole > left - size ? left : size + whole;
    }
    return head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR ? size : left;
}

static int replay(struct recording *recording, struct usvf_links *links, struct usvf_error *error) {
    struct usvf_dump dump = {0};
    const char *at = recording->at;
    size_t size = answer_size(at, recording->left);
    recording->at += size;
    recording->left -= size;
    usvf_links_free(links);
    if (!usvf_dump_parse(&dump, at, size, usvf_links_row, links) || dump.changed)
        return usvf_fail(error, USVF_FAILED, "recording %s is damaged", recording->path);
    recording->refused = dump.refused;
    return dump.refused ? usvf_fail(error, USVF_FAILED, "recording %s has a refusal: %s", recording->path, strerror(dump.refused))
                        : USVF_OK;
}

/* index: 0 for all netdevs */
static int read_netdevs(struct recording *recording, int index, bool vfs, struct usvf_links *links, struct usvf_error *error) {
    const struct {
        struct nlmsghdr head;
        struct ifinfomsg info;
        struct rtattr attribute;
        uint32_t filter;
    } request = {
        .head = {.nlmsg_len = sizeof request,
            .nlmsg_type = RTM_GETLINK,
            .nlmsg_flags = NLM_F_REQUEST | (index ? NLM_F_ACK : NLM_F_DUMP)},
        .info = {.ifi_index = index},
        .attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_EXT_MASK},
        .filter = (vfs ? RTEXT_FILTER_VF : 0) | RTEXT_FILTER_SKIP_STATS,
    };
    return recording->path
        ? replay(recording, links, error)
        : usvf_dump_read(NETLINK_ROUTE, &request, sizeof request, "netdevs", usvf_links_row, reset, links, error);
}

static int read_addresses(struct usvf_links *links, struct usvf_error *error) {
    const struct {
        struct nlmsghdr head;
        struct ifaddrmsg address;
    } request = {
        .head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETADDR, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
    };
    return usvf_dump_read(
        NETLINK_ROUTE, &request, sizeof request, "IP addresses", usvf_links_row, reset_addresses, links, error);
}

/* Asks for one netdev with its VFs. If that is refused too, all but its VFs is known. */
static void read_vfs(struct recording *recording, struct usvf_link *row) {
    struct usvf_links one = {0};
    struct usvf_error error;
    bool whole = read_netdevs(recording, row->index, true, &one, &error) == USVF_OK && one.count == 1 &&
        one.rows[0].index == row->index && !one.rows[0].vfs_lost;
    if (whole) {
        struct usvf_link before = *row;
        *row = one.rows[0];
        one.rows[0] = before;
    }
    row->vfs_lost = !whole;
    usvf_links_free(&one);
}

static int read_all(struct recording *recording, struct usvf_links *links, struct usvf_error *error) {
    int result = read_netdevs(recording, 0, true, links, error);
    bool each = result != USVF_OK;
    if (each && recording->path && recording->refused == EMSGSIZE && !recording->left) {
        links->incomplete = true; /* the recording has no other answers */
        return USVF_OK;
    }
    if (each)
        result = read_netdevs(recording, 0, false, links, error);
    for (size_t i = 0; i < links->count && result == USVF_OK; i++)
        if (each || links->rows[i].vfs_lost)
            read_vfs(recording, &links->rows[i]);
    return result;
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
    struct recording recording = {.path = path, .at = buffer, .left = size};
    int result = got == 0 ? read_all(&recording, links, error) : usvf_fail(error, USVF_FAILED, "recording %s is damaged", path);
    free(buffer);
    return result;
}

static int read_kernel(struct usvf_links *links, struct usvf_error *error) {
    struct recording none = {0};
    int result = read_all(&none, links, error);
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
