/* SPDX-License-Identifier: Apache-2.0 */
/* The netdev of a PF, and whether VFs can be set up through it. */
#define _GNU_SOURCE
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evidence.h"

#define CLASS_NETWORK 0x02

/* Behind a letter and digits, such as "c1" or "p0"; else the same place. */
static const char *after_part(const char *at, char letter) {
    size_t digits = *at == letter ? strspn(at + 1, "0123456789") : 0;
    return digits ? at + 1 + digits : at;
}

/*
 * In switchdev mode the PF's folder has the netdevs of representors too, in any order. Their port names are "pf0vf3", "c1pf0vf3" or
 * "p0pf0vf3"; that of the PF itself is "p0", or "p0s1" for a part of a port. Sources: devlink-port of the kernel's documentation,
 * efx_ef100_rep_get_phys_port_name().
 */
static bool is_representor(const char *port) {
    return strncmp(after_part(after_part(port, 'c'), 'p'), "pf", 2) == 0;
}

static bool is_uplink(const char *port) {
    const char *end = after_part(port, 'p');
    return end != port && !*after_part(end, 's');
}

struct candidate {
    char name[16], port[32];
    bool representor, with_vfs, uplink;
    long dev_port;
};

static bool is_better(const struct candidate *a, const struct candidate *b) {
    if (!b->name[0] || a->representor != b->representor)
        return !b->name[0] || b->representor;
    if (a->with_vfs != b->with_vfs)
        return a->with_vfs;
    if (a->uplink != b->uplink)
        return a->uplink;
    return a->dev_port != b->dev_port ? a->dev_port < b->dev_port : strcmp(a->name, b->name) < 0;
}

static void read_candidate(const struct usvf_sources *sources, int net, const char *name, struct candidate *read) {
    char path[64];
    *read = (struct candidate){0};
    usvf_copy(read->name, sizeof read->name, name);
    snprintf(path, sizeof path, "%s/phys_port_name", read->name);
    if (usvf_read_text(net, path, read->port, sizeof read->port) < 0)
        read->port[0] = 0;
    snprintf(path, sizeof path, "%s/dev_port", read->name);
    read->dev_port = usvf_read_number(net, path, 0);
    const struct usvf_link *link = usvf_links_find(&sources->links, read->name);
    read->with_vfs = link && link->vf_count > 0;
    read->representor = !read->with_vfs && is_representor(read->port);
    read->uplink = is_uplink(read->port);
}

/* True if there is a folder of netdevs. */
static bool select_netdev(const struct usvf_sources *sources, int folder, struct usvf_pf *pf) {
    int net = usvf_open_folder(folder, "net");
    DIR *entries = net < 0 ? NULL : fdopendir(net);
    struct candidate best = {0}, next;
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (entry->d_name[0] == '.')
            continue;
        read_candidate(sources, dirfd(entries), entry->d_name, &next);
        pf->switchdev = pf->switchdev || next.representor;
        if (is_better(&next, &best))
            best = next;
    }
    if (entries)
        closedir(entries);
    else if (net >= 0)
        close(net);
    if (!best.representor) {
        usvf_copy(pf->netdev, sizeof pf->netdev, best.name);
        usvf_copy(pf->port_name, sizeof pf->port_name, best.port);
    }
    return net >= 0;
}

/* VFs are set up through the Ethernet netdev of their PF. */
static void find_obstacle(bool net, const struct usvf_link *link, const char *name, struct usvf_pf *pf) {
    char *text = pf->obstacle;
    const size_t size = sizeof pf->obstacle;
    if (pf->class && pf->class >> 16 != CLASS_NETWORK)
        snprintf(text, size, "no network function: its PF %s has PCI class %06x", name, (unsigned)pf->class);
    else if (link && link->type != ARPHRD_ETHER)
        snprintf(text, size, "netdev %s of its PF is not Ethernet but %s %d", pf->netdev,
            link->type == ARPHRD_INFINIBAND ? "InfiniBand, link type" : "of link type", link->type);
    else if (!pf->netdev[0] && net)
        snprintf(text, size, "the netdev of its PF %s is in another network namespace", name);
    else if (!pf->netdev[0] && !pf->driver[0])
        snprintf(text, size, "its PF %s has no driver, so the VF cannot be set up", name);
    else if (!pf->netdev[0])
        snprintf(text, size, "its PF %s is bound to %s and has no netdev, so the VF cannot be set up", name, pf->driver);
}

/* Netlink does not name the kind of every master; the folder of a netdev shows whether it is a port of a bond or bridge. */
static void read_master(const struct usvf_sources *sources, int folder, const struct usvf_link *link, struct usvf_pf *pf) {
    static const char *const signs[][2] = {{"bonding_slave", "bond"}, {"brport", "bridge"}};
    char path[64];
    const struct usvf_link *master = link && link->master ? usvf_links_at(&sources->links, link->master) : NULL;
    snprintf(path, sizeof path, "net/%s/master", pf->netdev);
    if (master)
        usvf_copy(pf->master, sizeof pf->master, master->name);
    else if (usvf_read_link_name(folder, path, pf->master, sizeof pf->master) != 0)
        pf->master[0] = 0;
    if (!pf->master[0])
        return;
    if (link)
        usvf_copy(pf->master_kind, sizeof pf->master_kind, link->master_kind[0] || !master ? link->master_kind : master->kind);
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !pf->master_kind[0]; i++) {
        snprintf(path, sizeof path, "net/%s/%s", pf->netdev, signs[i][0]);
        if (faccessat(folder, path, F_OK, 0) == 0)
            usvf_copy(pf->master_kind, sizeof pf->master_kind, signs[i][1]);
    }
}

/* Port names show switchdev mode only while there are representors; a recording has no answer of devlink. */
static bool is_switchdev(struct usvf_sources *sources, const struct usvf_pf *pf) {
    return !(sources->roots && sources->roots->links) && usvf_devlink_switchdev(&sources->devlink, pf->address);
}

void usvf_uplink_read(struct usvf_sources *sources, int folder, struct usvf_pf *pf) {
    char name[USVF_ADDRESS_TEXT], path[64];
    usvf_address_text(pf->address, name);
    long number = usvf_read_number(folder, "class", 0);
    pf->class = number > 0 && number <= 0xffffff ? (uint32_t)number : 0;
    bool net = select_netdev(sources, folder, pf);
    const struct usvf_link *link = pf->netdev[0] ? usvf_links_find(&sources->links, pf->netdev) : NULL;
    find_obstacle(net, link, name, pf);
    if (pf->netdev[0])
        read_master(sources, folder, link, pf);
    pf->switchdev = pf->switchdev || (pf->netdev[0] && is_switchdev(sources, pf));
    if (!link)
        return;
    memcpy(pf->mac, link->mac, 6);
    pf->up = link->up;
    pf->carrier = link->carrier;
    pf->mtu = link->mtu;
    if (link->altnames)
        usvf_copy(pf->altnames, sizeof pf->altnames, link->altnames);
    snprintf(path, sizeof path, "net/%s/phys_switch_id", pf->netdev);
    if (usvf_read_text(folder, path, pf->switch_id, sizeof pf->switch_id) < 0)
        pf->switch_id[0] = 0;
}
