/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the signs of use of a VF. Sources: Documentation/ABI/testing of the kernel: sysfs-bus-pci, sysfs-class-net, sysfs-bus-vdpa,
 * sysfs-devices-vfio-dev.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence.h"

static DIR *open_entries(int at, const char *path) {
    int folder = usvf_open_folder(at, path);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (!entries && folder >= 0)
        close(folder);
    return entries;
}

/* The function that a path in sysfs leads through last. */
static bool function_in(const char *path, struct usvf_address *function) {
    char part[USVF_ADDRESS_TEXT];
    bool found = false;
    for (const char *at = path; *at; at += strspn(at, "/")) {
        size_t length = strcspn(at, "/");
        if (length < sizeof part) {
            usvf_copy(part, length + 1, at);
            found |= usvf_address_parse(part, function);
        }
        at += length;
    }
    return found;
}

/* Drivers make vDPA devices below auxiliary devices of the function too, so all devices of the bus are read. */
static void read_vdpas(struct usvf_sources *sources) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/bus/vdpa/devices", usvf_sysfs(sources->roots));
    DIR *entries = open_entries(AT_FDCWD, path);
    sources->vdpas_unread = !entries && errno != ENOENT;
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        char target[PATH_MAX];
        struct usvf_vdpa row = {0};
        ssize_t length = readlinkat(dirfd(entries), entry->d_name, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        if (!function_in(target, &row.function))
            continue;
        struct usvf_vdpa *more = realloc(sources->vdpas, (sources->vdpa_count + 1) * sizeof *more);
        if (!more) {
            sources->vdpas_unread = true;
            continue;
        }
        usvf_copy(row.name, sizeof row.name, entry->d_name);
        sources->vdpas = more;
        more[sources->vdpa_count++] = row;
    }
    if (entries)
        closedir(entries);
}

static int read_links(struct usvf_sources *sources, struct usvf_error *error) {
    return usvf_links_read(sources->roots ? sources->roots->links : NULL, &sources->links, error);
}

int usvf_sources_read(const struct usvf_roots *roots, struct usvf_sources *sources, struct usvf_error *error) {
    *sources = (struct usvf_sources){.roots = roots};
    int result = read_links(sources, error);
    if (result == USVF_OK)
        read_vdpas(sources);
    return result;
}

void usvf_sources_free(struct usvf_sources *sources) {
    usvf_links_free(&sources->links);
    usvf_rdma_free(&sources->rdma);
    free(sources->vdpas);
}

/* A netdev may appear, or get its name, after the links were read. */
static const struct usvf_link *find_link(struct usvf_sources *sources, const char *name) {
    const struct usvf_link *link = usvf_links_find(&sources->links, name);
    if (link || sources->links_twice)
        return link;
    struct usvf_error error;
    sources->links_twice = true;
    usvf_links_free(&sources->links);
    if (read_links(sources, &error) != USVF_OK)
        usvf_links_free(&sources->links);
    return usvf_links_find(&sources->links, name);
}

/* The kernel lists what is on top of a netdev here too: "upper_NAME". */
static void read_uppers(int net, const char *name, struct usvf_evidence *evidence) {
    DIR *entries = open_entries(net, name);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (strncmp(entry->d_name, "upper_", 6) == 0)
            usvf_copy(evidence->upper, sizeof evidence->upper, entry->d_name + 6);
        else if (strcmp(entry->d_name, "master") == 0)
            usvf_copy(evidence->master, sizeof evidence->master, name);
    }
    if (entries)
        closedir(entries);
}

static void read_netdev(struct usvf_sources *sources, int net, const char *name, struct usvf_vf *vf, struct usvf_evidence *evidence) {
    const struct usvf_link *link = find_link(sources, name);
    bool first = !vf->netdev[0] || strcmp(name, vf->netdev) < 0;
    if (first)
        usvf_copy(vf->netdev, sizeof vf->netdev, name);
    read_uppers(net, name, evidence);
    if (!link) {
        usvf_copy(evidence->unknown, sizeof evidence->unknown, name);
        return;
    }
    if (first) {
        memcpy(vf->mac, link->mac, 6);
        vf->mtu = link->mtu;
        vf->up = link->up;
        vf->master = link->master;
    }
    if (link->up)
        usvf_copy(evidence->up, sizeof evidence->up, name);
    if (link->master)
        usvf_copy(evidence->master, sizeof evidence->master, name);
    if (link->addressed)
        usvf_copy(evidence->address, sizeof evidence->address, name);
    if (link->upper[0])
        usvf_copy(evidence->upper, sizeof evidence->upper, link->upper);
}

/* Netdevs of other network namespaces are not listed, but counted among the links of the folder, which exists only for netdevs. */
static void read_netdevs(struct usvf_sources *sources, int folder, struct usvf_vf *vf, struct usvf_evidence *evidence) {
    DIR *entries = open_entries(folder, "net");
    struct stat status;
    unsigned listed = 0;
    if (!entries) {
        usvf_copy(evidence->unknown, sizeof evidence->unknown, "net");
        return;
    }
    for (struct dirent *entry; (entry = readdir(entries));)
        if (entry->d_name[0] != '.') {
            read_netdev(sources, dirfd(entries), entry->d_name, vf, evidence);
            listed++;
        }
    evidence->elsewhere = listed == 0 || (fstat(dirfd(entries), &status) == 0 && status.st_nlink > listed + 2);
    closedir(entries);
}

static void read_rdma(struct usvf_sources *sources, int folder, struct usvf_evidence *evidence) {
    DIR *entries = open_entries(folder, "infiniband");
    if (!sources->rdma_read)
        usvf_rdma_read(&sources->rdma);
    sources->rdma_read = true;
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        if (entry->d_name[0] == '.')
            continue;
        const struct usvf_rdma_row *row = usvf_rdma_find(&sources->rdma, entry->d_name);
        if (!row)
            usvf_copy(evidence->rdma_unknown, sizeof evidence->rdma_unknown, entry->d_name);
        else if (row->used)
            usvf_copy(evidence->rdma, sizeof evidence->rdma, entry->d_name);
    }
    if (entries)
        closedir(entries);
}

/* What exists and cannot be read may show a use. A function without these files is gone. */
static void read_attributes(int folder, bool net, struct usvf_evidence *evidence) {
    char text[32], *end = text;
    bool lost = usvf_read_text(folder, "driver_override", evidence->override, sizeof evidence->override) < 0;
    if (lost && errno != ENOENT)
        usvf_copy(evidence->unread, sizeof evidence->unread, "driver_override");
    if (lost || strcmp(evidence->override, "(null)") == 0)
        evidence->override[0] = 0;
    if (readlinkat(folder, "driver", text, sizeof text) < 0 && errno != ENOENT)
        usvf_copy(evidence->unread, sizeof evidence->unread, "driver");
    if (net) /* the NIC's own driver enables it */
        return;
    lost = usvf_read_text(folder, "enable", text, sizeof text) < 0;
    if (lost && errno == ENOENT)
        return;
    long enabled = lost ? 0 : strtol(text, &end, 10);
    if (end == text || *end)
        usvf_copy(evidence->unread, sizeof evidence->unread, "enable");
    evidence->enabled = enabled > 0;
}

void usvf_evidence_read(struct usvf_sources *sources, DIR *entries, struct usvf_vf *vf, struct usvf_evidence *evidence) {
    const int folder = dirfd(entries);
    bool net = false;
    *evidence = (struct usvf_evidence){0};
    vf->mtu = USVF_UNKNOWN;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(entries)); errno = 0) {
        const char *name = entry->d_name;
        if (strcmp(name, "net") == 0) {
            net = true;
            read_netdevs(sources, folder, vf, evidence);
        } else if (strcmp(name, "infiniband") == 0) {
            read_rdma(sources, folder, evidence);
        } else if (strncmp(name, "vdpa", 4) == 0 && name[4] >= '0' && name[4] <= '9') {
            usvf_copy(evidence->vdpa, sizeof evidence->vdpa, name);
        } else if (strcmp(name, "vfio-dev") == 0) {
            evidence->vfio = true;
        } else if (strcmp(name, "uio") == 0) {
            evidence->uio = true;
        }
    }
    if (errno)
        usvf_copy(evidence->unread, sizeof evidence->unread, ".");
    if (sources->vdpas_unread)
        usvf_copy(evidence->unread, sizeof evidence->unread, "bus/vdpa");
    for (size_t i = 0; i < sources->vdpa_count; i++)
        if (usvf_address_equal(sources->vdpas[i].function, vf->address))
            usvf_copy(evidence->vdpa, sizeof evidence->vdpa, sources->vdpas[i].name);
    read_attributes(folder, net, evidence);
}
