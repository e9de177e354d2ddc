/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every PF and VF. Source: Documentation/ABI/testing/sysfs-bus-pci of the kernel.
 *
 * Whatever is true of all VFs of a PF (vendor, device) is read once, at the PF, so a VF costs few small system calls.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vf_state.h"

struct reader {
    struct usvf_usage usage;
    struct usvf_sources sources;
    struct usvf_inventory *inventory;
    int groups;          /* /sys/kernel/iommu_groups, or -1 */
    bool vfio_known;     /* the next value has been read */
    enum usvf_vfio vfio; /* as far as it is the same for all VFs */
    bool failed;         /* no memory */
};

static void add_problem(struct reader *reader, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_problem(struct reader *reader, const char *subject, const char *format, ...) {
    struct usvf_inventory *inventory = reader->inventory;
    struct usvf_problem *more = realloc(inventory->problems, (inventory->problem_count + 1) * sizeof *more);
    if (!more) {
        reader->failed = true;
        return;
    }
    inventory->problems = more;
    struct usvf_problem *row = &more[inventory->problem_count++];
    row->storage = false;
    usvf_copy(row->subject, sizeof row->subject, subject);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row->message, sizeof row->message, format, arguments);
    va_end(arguments);
}

static bool read_vf(struct reader *reader, const struct usvf_pf *pf, int pf_folder, unsigned index, struct usvf_vf *vf,
    struct usvf_evidence *evidence) {
    char name[32], number[16];
    snprintf(name, sizeof name, "virtfn%u", index);
    char text[USVF_ADDRESS_TEXT];
    if (usvf_read_link_name(pf_folder, name, text, sizeof text) != 0 || !usvf_address_parse(text, &vf->address))
        return false;
    int folder = usvf_open_folder(reader->usage.devices, text);
    DIR *entries = folder < 0 ? NULL : fdopendir(folder);
    if (!entries) {
        if (folder >= 0)
            close(folder);
        return false;
    }
    vf->index = index;
    vf->vendor = pf->vendor;
    vf->numa = pf->numa;
    usvf_read_link_name(folder, "driver", vf->driver, sizeof vf->driver);
    usvf_evidence_read(&reader->sources, entries, vf, evidence);
    vf->iommu_group = USVF_UNKNOWN;
    if (usvf_read_link_name(folder, "iommu_group", number, sizeof number) == 0) {
        char *end;
        long group = strtol(number, &end, 10);
        if (number[0] >= '0' && number[0] <= '9' && !*end && group <= INT_MAX) {
            vf->iommu_group = (int)group;
            usvf_group_read(reader->groups, reader->usage.devices, vf);
        }
    }
    closedir(entries);
    if (!reader->vfio_known)
        reader->vfio = usvf_vfio_of_host(reader->usage.roots, reader->usage.devices, text);
    reader->vfio_known = true;
    vf->vfio = vf->iommu_group == USVF_UNKNOWN ? USVF_VFIO_NO_IOMMU
        : reader->vfio != USVF_VFIO_READY      ? reader->vfio
        : vf->blocker_driver[0]                ? USVF_VFIO_SHARED
                                               : USVF_VFIO_READY;
    return true;
}

static bool read_hex(int folder, const char *name, uint16_t *value) {
    char text[16], *end;
    if (usvf_read_text(folder, name, text, sizeof text) <= 0)
        return false;
    unsigned long number = strtoul(text, &end, 16);
    *value = (uint16_t)number;
    return !*end && number <= 0xffff;
}

static void read_vfs(struct reader *reader, struct usvf_pf *pf, int folder, const char *subject) {
    uint16_t device;
    if (!read_hex(folder, "sriov_vf_device", &device))
        device = 0;
    pf->vfs = calloc(pf->numvfs ? pf->numvfs : 1, sizeof *pf->vfs);
    if (!pf->vfs) {
        reader->failed = true;
        return;
    }
    unsigned missing = 0;
    for (unsigned i = 0; i < pf->numvfs; i++) {
        struct usvf_vf *vf = &pf->vfs[pf->vf_count];
        *vf = (struct usvf_vf){.device = device,
            .settings = {.vlan = USVF_UNKNOWN,
                .qos = USVF_UNKNOWN,
                .trust = USVF_UNKNOWN,
                .spoofchk = USVF_UNKNOWN,
                .link_state = USVF_UNKNOWN,
                .min_rate = USVF_UNKNOWN,
                .max_rate = USVF_UNKNOWN}};
        struct usvf_evidence evidence;
        if (!read_vf(reader, pf, folder, i, vf, &evidence)) {
            missing++;
            continue;
        }
        /* Not before, since the links may have been read again. */
        const struct usvf_link *link = pf->netdev[0] ? usvf_links_find(&reader->sources.links, pf->netdev) : NULL;
        if (link && i < link->vf_count)
            vf->settings = link->vfs[i];
        if (link && link->type != ARPHRD_ETHER)
            vf->settings.has_mac = false; /* a longer address, of which this would be a part */
        usvf_vf_classify(&reader->usage, pf, &evidence, vf);
        pf->vf_count++;
    }
    if (missing)
        add_problem(reader, subject, "PF %s: %u of %u VFs disappeared during the read, or their links are broken", subject,
            missing, pf->numvfs);
}

static void read_pf(struct reader *reader, int folder, const char *name, unsigned totalvfs) {
    struct usvf_inventory *inventory = reader->inventory;
    struct usvf_pf *more = realloc(inventory->pfs, (inventory->pf_count + 1) * sizeof *more);
    if (!more) {
        reader->failed = true;
        return;
    }
    inventory->pfs = more;
    struct usvf_pf *pf = &more[inventory->pf_count++];
    *pf = (struct usvf_pf){.totalvfs = totalvfs, .carrier = USVF_UNKNOWN, .mtu = USVF_UNKNOWN};
    usvf_address_parse(name, &pf->address);
    if (!read_hex(folder, "vendor", &pf->vendor) || !read_hex(folder, "device", &pf->device))
        add_problem(reader, name, "PF %s does not report its vendor and device", name);
    long numa = usvf_read_number(folder, "numa_node", USVF_UNKNOWN);
    pf->numa = numa < 0 || numa > 4095 ? USVF_UNKNOWN : (int)numa;
    usvf_read_link_name(folder, "driver", pf->driver, sizeof pf->driver);
    usvf_uplink_read(&reader->sources, folder, pf);
    long numvfs = usvf_read_number(folder, "sriov_numvfs", -1);
    if (numvfs < 0 || numvfs > (long)totalvfs) {
        add_problem(reader, name, "PF %s does not report its number of VFs", name);
        numvfs = 0;
    }
    pf->numvfs = (unsigned)numvfs;
    const struct usvf_link *link = usvf_links_find(&reader->sources.links, pf->netdev);
    if (pf->netdev[0] && numvfs > 0 && (link ? link->vfs_lost : reader->sources.links.incomplete)) {
        add_problem(reader, name, "PF %s: the settings of its %u VFs are unknown: the kernel refused or truncated their list (%s)",
            name, pf->numvfs, pf->netdev);
        if (!pf->obstacle[0]) /* nothing could be restored after a lease */
            snprintf(pf->obstacle, sizeof pf->obstacle, "its settings are unknown: the kernel refused or truncated the list of the VFs of %s",
                pf->netdev);
    }
    if (numvfs > 0 && link && link->vfs_unreported && !pf->obstacle[0])
        snprintf(pf->obstacle, sizeof pf->obstacle, "the driver %s of its PF does not report the settings of the VFs of %s",
            pf->driver, pf->netdev);
    read_vfs(reader, pf, folder, name);
}

static void read_device(struct reader *reader, const char *name) {
    struct usvf_address address;
    char path[NAME_MAX + 32];
    if (!usvf_address_parse(name, &address))
        return;
    snprintf(path, sizeof path, "%s/sriov_totalvfs", name);
    char text[16];
    ssize_t length = usvf_read_text(reader->usage.devices, path, text, sizeof text);
    if (length < 0 && errno == ENOENT)
        return;
    char *end = text;
    long total = length > 0 ? strtol(text, &end, 10) : -1;
    if (total < 0 || *end || total > 65535) {
        add_problem(reader, name, "PF %s does not report its maximum number of VFs", name);
        return;
    }
    int folder = usvf_open_folder(reader->usage.devices, name);
    if (folder < 0) {
        add_problem(reader, name, "PF %s disappeared during the read", name);
        return;
    }
    if (total > 0)
        read_pf(reader, folder, name, (unsigned)total);
    close(folder);
}

static int by_address(const void *a, const void *b) {
    uint64_t left = usvf_address_order(((const struct usvf_pf *)a)->address);
    uint64_t right = usvf_address_order(((const struct usvf_pf *)b)->address);
    return left < right ? -1 : left > right;
}

static int read_devices(struct reader *reader, struct usvf_error *error) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/bus/pci/devices", usvf_sysfs(reader->usage.roots));
    reader->usage.devices = usvf_open_folder(AT_FDCWD, path);
    if (reader->usage.devices < 0)
        return usvf_fail(error, usvf_code_of(errno), "%s cannot be read: %s", path, strerror(errno));
    snprintf(path, sizeof path, "%s/kernel/iommu_groups", usvf_sysfs(reader->usage.roots));
    reader->groups = usvf_open_folder(AT_FDCWD, path);
    int copy = dup(reader->usage.devices);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries) {
        for (struct dirent *entry; (entry = readdir(entries));)
            read_device(reader, entry->d_name);
        closedir(entries);
    } else if (copy >= 0) {
        close(copy);
    }
    close(reader->usage.devices);
    if (reader->groups >= 0)
        close(reader->groups);
    if (!entries || reader->failed)
        return usvf_fail(error, USVF_FAILED, "the list of functions does not fit into memory");
    if (reader->inventory->pf_count)
        qsort(reader->inventory->pfs, reader->inventory->pf_count, sizeof *reader->inventory->pfs, by_address);
    return USVF_OK;
}

static bool has_vfs(const struct usvf_inventory *inventory) {
    for (size_t i = 0; i < inventory->pf_count; i++)
        if (inventory->pfs[i].vf_count)
            return true;
    return false;
}

/* A lease cannot be recorded on a full file system. Where the directory does not exist yet, this is not known. */
static void check_storage(struct reader *reader) {
    const char *path = usvf_state_dir(reader->usage.roots);
    uint64_t left;
    if (!usvf_state_space(reader->usage.roots, &left) || left >= USVF_STATE_LOW)
        return;
    size_t before = reader->inventory->problem_count;
    add_problem(reader, "state directory", "state directory %.160s has %u KiB left, and each new lease needs up to %u KiB", path,
        (unsigned)(left >> 10), USVF_STATE_NEED >> 10);
    if (reader->inventory->problem_count > before)
        reader->inventory->problems[before].storage = true;
}

int usvf_inventory_read(const struct usvf_roots *roots, struct usvf_inventory **inventory, struct usvf_error *error) {
    struct reader reader = {.usage.roots = roots, .inventory = calloc(1, sizeof *reader.inventory)};
    if (!reader.inventory)
        return usvf_fail(error, USVF_FAILED, "the list of functions does not fit into memory");
    int result = usvf_sources_read(roots, &reader.sources, error);
    if (result == USVF_OK)
        result = usvf_records_read(roots, &reader.usage.records, error);
    if (result == USVF_OK) {
        usvf_libvirt_read(roots, &reader.usage.libvirt);
        if (reader.usage.libvirt.unreadable[0])
            add_problem(&reader, "libvirt", "VFs that libvirt has assigned to VMs cannot be determined: %s",
                reader.usage.libvirt.unreadable);
        result = read_devices(&reader, error);
        if (result == USVF_OK && has_vfs(reader.inventory))
            check_storage(&reader);
    }
    usvf_records_free(&reader.usage.records);
    usvf_sources_free(&reader.sources);
    usvf_libvirt_free(&reader.usage.libvirt);
    if (result == USVF_OK)
        *inventory = reader.inventory;
    else
        usvf_inventory_free(reader.inventory);
    return result;
}

void usvf_inventory_free(struct usvf_inventory *inventory) {
    if (!inventory)
        return;
    for (size_t i = 0; i < inventory->pf_count; i++)
        free(inventory->pfs[i].vfs);
    free(inventory->pfs);
    free(inventory->problems);
    free(inventory);
}

const struct usvf_vf *usvf_inventory_find(
    const struct usvf_inventory *inventory, struct usvf_address address, const struct usvf_pf **pf) {
    for (size_t i = 0; i < inventory->pf_count; i++)
        for (size_t j = 0; j < inventory->pfs[i].vf_count; j++)
            if (usvf_address_equal(inventory->pfs[i].vfs[j].address, address)) {
                if (pf)
                    *pf = &inventory->pfs[i];
                return &inventory->pfs[i].vfs[j];
            }
    return NULL;
}
