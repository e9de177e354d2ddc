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

#include "internal.h"

typedef void row_visitor(const struct usvf_fdb_row *row, void *context);

/* A list that may have to be read again before it is used. */
struct list {
    struct usvf_fdb_row *rows;
    size_t count;
    bool failed; /* no memory */
};

bool usvf_fdb_parse(uint16_t type, const void *body, size_t size, struct usvf_fdb_row *row) {
    struct ndmsg message;
    if (type != RTM_NEWNEIGH || size < sizeof message)
        return false;
    memcpy(&message, body, sizeof message);
    *row = (struct usvf_fdb_row){.entry.self = message.ndm_flags & NTF_SELF,
        .index = (unsigned)message.ndm_ifindex,
        .fixed = message.ndm_state & (NUD_PERMANENT | NUD_NOARP),
        .permanent = message.ndm_state & NUD_PERMANENT};
    bool has_mac = false;
    struct usvf_attributes rest = usvf_attributes_after(body, size, sizeof message);
    for (struct usvf_attribute attribute; usvf_attribute_next(&rest, &attribute);) {
        if (attribute.type == NDA_LLADDR && attribute.size == 6) {
            memcpy(row->entry.mac, attribute.data, 6);
            has_mac = true;
        } else if (attribute.type == NDA_VLAN && attribute.size >= 2) {
            uint16_t vlan;
            memcpy(&vlan, attribute.data, sizeof vlan);
            row->entry.vlan = vlan;
        } else if (attribute.type == NDA_MASTER && attribute.size >= 4) {
            memcpy(&row->master, attribute.data, sizeof row->master);
        }
    }
    return has_mac && message.ndm_family == AF_BRIDGE;
}

static void add(uint16_t type, const void *body, size_t size, void *context) {
    struct list *list = context;
    struct usvf_fdb_row row;
    if (!usvf_fdb_parse(type, body, size, &row))
        return;
    if ((list->count & (list->count + 1)) == 0) {
        struct usvf_fdb_row *more = realloc(list->rows, 2 * (list->count + 1) * sizeof *more);
        list->failed |= !more;
        if (!more)
            return;
        list->rows = more;
    }
    list->rows[list->count++] = row;
}

static void reset(void *context) {
    struct list *list = context;
    list->count = 0;
}

/* Visits the rows of all devices. */
static int visit_rows(row_visitor *visit, void *context, struct usvf_error *error) {
    /* The kernel takes an ifinfomsg here; an index in it would be that of a bridge, not of a port. */
    const struct {
        struct nlmsghdr head;
        struct ifinfomsg info;
    } request = {
        .head = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETNEIGH, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .info = {.ifi_family = AF_BRIDGE},
    };
    struct list list = {0};
    int result = usvf_dump_read(NETLINK_ROUTE, &request, sizeof request, "forwarding entries", add, reset, &list, error);
    if (result == USVF_OK && list.failed)
        result = usvf_fail(error, USVF_FAILED, "the list of forwarding entries does not fit into memory");
    for (size_t i = 0; result == USVF_OK && i < list.count; i++)
        visit(&list.rows[i], context);
    free(list.rows);
    return result;
}

/*
 * Returns the errno of the kernel's answer. A bridge forwards frames for a static entry; a permanent entry is an address
 * of the bridge itself, which keeps the frames. The filter of a device has permanent entries only.
 */
static int request(const struct usvf_fdb_entry *entry, unsigned index, uint16_t type, uint16_t flags) {
    struct ndmsg message = {.ndm_family = AF_BRIDGE,
        .ndm_ifindex = (int)index,
        .ndm_state = entry->self ? NUD_PERMANENT | NUD_NOARP : NUD_NOARP,
        .ndm_flags = entry->self ? NTF_SELF : NTF_MASTER};
    uint16_t vlan = (uint16_t)entry->vlan;
    struct usvf_request request;
    usvf_request_begin(&request, type, flags, &message, sizeof message);
    usvf_request_add(&request, NDA_LLADDR, entry->mac, sizeof entry->mac);
    if (vlan)
        usvf_request_add(&request, NDA_VLAN, &vlan, sizeof vlan);
    return -usvf_request_send(&request);
}

static int check(const struct usvf_fdb_entry *entry, unsigned *index, struct usvf_error *error) {
    *index = if_nametoindex(entry->netdev);
    if (*index == 0)
        return usvf_fail(error, USVF_NOT_FOUND, "netdev %s does not exist", entry->netdev);
    if (entry->vlan < 0 || entry->vlan > 4094 || (entry->mac[0] & 1))
        return usvf_fail(error, USVF_BAD_ARGUMENT, "forwarding entry must have a unicast MAC and a VLAN from 0 (none) to 4094");
    return USVF_OK;
}

static int fail_request(const struct usvf_fdb_entry *entry, const char *what, int refused, struct usvf_error *error) {
    return usvf_fail(error, usvf_code_of(refused), "forwarding entry on %s cannot be %s: %s", entry->netdev, what,
        strerror(refused));
}

/* A fixed entry for the address on another port of the same bridge. */
struct search {
    const struct usvf_fdb_entry *wanted;
    unsigned index, master, other;
};

static void compare(const struct usvf_fdb_row *row, void *context) {
    struct search *search = context;
    if (row->fixed && !row->entry.self && row->master == search->master && row->index != search->index &&
        row->entry.vlan == search->wanted->vlan && memcmp(row->entry.mac, search->wanted->mac, 6) == 0)
        search->other = row->index;
}

/* Replaces a learned entry, but not one that was added on another port. */
static int replace(const struct usvf_fdb_entry *entry, unsigned index, struct usvf_error *error) {
    struct search search = {.wanted = entry, .index = index};
    struct usvf_links links = {0};
    int result = usvf_links_read(NULL, &links, error);
    const struct usvf_link *port = result == USVF_OK ? usvf_links_find(&links, entry->netdev) : NULL;
    search.master = port ? (unsigned)port->master : 0;
    usvf_links_free(&links);
    if (result == USVF_OK)
        result = visit_rows(compare, &search, error);
    if (result != USVF_OK)
        return result;
    char name[IF_NAMESIZE] = "another port";
    if (search.other) {
        if_indextoname(search.other, name);
        return usvf_fail(error, USVF_REFUSED, "bridge of %s already has a fixed entry for the MAC on %s", entry->netdev, name);
    }
    int refused = request(entry, index, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    return refused ? fail_request(entry, "added", refused, error) : USVF_OK;
}

int usvf_fdb_add(const struct usvf_fdb_entry *entry, struct usvf_error *error) {
    unsigned index;
    int result = check(entry, &index, error);
    if (result != USVF_OK)
        return result;
    int refused = request(entry, index, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL);
    if (refused == EEXIST && !entry->self)
        return replace(entry, index, error);
    return refused == 0 || refused == EEXIST ? USVF_OK : fail_request(entry, "added", refused, error);
}

int usvf_fdb_delete(const struct usvf_fdb_entry *entry, struct usvf_error *error) {
    unsigned index;
    int result = check(entry, &index, error);
    if (result != USVF_OK)
        return result;
    int refused = request(entry, index, RTM_DELNEIGH, 0);
    return refused == 0 || refused == ENOENT ? USVF_OK : fail_request(entry, "deleted", refused, error);
}

/* The row of one entry. */
struct lookup {
    const struct usvf_fdb_entry *wanted;
    unsigned index;
    bool fixed, own;
};

static void match(const struct usvf_fdb_row *row, void *context) {
    struct lookup *lookup = context;
    const struct usvf_fdb_entry *wanted = lookup->wanted;
    if (row->index == lookup->index && row->entry.self == wanted->self && row->entry.vlan == wanted->vlan &&
        memcmp(row->entry.mac, wanted->mac, 6) == 0) {
        lookup->fixed |= row->fixed;
        lookup->own |= row->permanent && !wanted->self;
    }
}

int usvf_fdb_is_fixed(const struct usvf_fdb_entry *entry, bool *fixed, struct usvf_error *error) {
    struct lookup lookup = {.wanted = entry};
    int result = check(entry, &lookup.index, error);
    if (result == USVF_OK)
        result = visit_rows(match, &lookup, error);
    *fixed = lookup.fixed;
    return result == USVF_OK && lookup.own
        ? usvf_fail(error, USVF_REFUSED, "netdev %s: the MAC is an address of the bridge itself", entry->netdev)
        : result;
}

/* Learned entries of an address; one machine has no more bridges than this. */
struct stale {
    const uint8_t *mac;
    size_t count;
    struct usvf_fdb_row rows[64];
};

static void collect(const struct usvf_fdb_row *row, void *context) {
    struct stale *stale = context;
    if (!row->fixed && !row->entry.self && row->master && memcmp(row->entry.mac, stale->mac, 6) == 0 &&
        stale->count < sizeof stale->rows / sizeof *stale->rows)
        stale->rows[stale->count++] = *row;
}

void usvf_fdb_flush(const uint8_t mac[6]) {
    struct stale stale = {.mac = mac};
    /* An entry that cannot be deleted is replaced with the next frame, or ages out. */
    if (visit_rows(collect, &stale, NULL) != USVF_OK)
        return;
    for (size_t i = 0; i < stale.count; i++)
        request(&stale.rows[i].entry, stale.rows[i].index, RTM_DELNEIGH, 0);
}

/* Passes the rows of one device to the caller's visitor. */
struct listing {
    const char *netdev;
    unsigned index;
    usvf_fdb_visitor *visit;
    void *context;
};

static void visit_own(const struct usvf_fdb_row *row, void *context) {
    const struct listing *listing = context;
    struct usvf_fdb_entry entry = row->entry;
    if (row->index != listing->index)
        return;
    usvf_copy(entry.netdev, sizeof entry.netdev, listing->netdev);
    listing->visit(&entry, listing->context);
}

int usvf_fdb_visit(const char *netdev, usvf_fdb_visitor *visit, void *context, struct usvf_error *error) {
    struct listing listing = {netdev, if_nametoindex(netdev), visit, context};
    if (listing.index == 0)
        return usvf_fail(error, USVF_NOT_FOUND, "netdev %s does not exist", netdev);
    return visit_rows(visit_own, &listing, error);
}
