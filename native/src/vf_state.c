/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what a VF may be used for. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vf_state.h"

static const struct {
    const char *word;
    enum usvf_vf_state state;
} signs[USVF_SIGNS] = {
    [USVF_SIGN_LIBVIRT] = {"libvirt", USVF_IN_USE},
    [USVF_SIGN_OPEN] = {"open", USVF_IN_USE},
    [USVF_SIGN_NAMESPACE] = {"network-namespace", USVF_IN_USE},
    [USVF_SIGN_UP] = {"up", USVF_IN_USE},
    [USVF_SIGN_MASTER] = {"master", USVF_IN_USE},
    [USVF_SIGN_UPPER] = {"upper", USVF_IN_USE},
    [USVF_SIGN_ADDRESS] = {"address", USVF_IN_USE},
    [USVF_SIGN_NETDEV_UNKNOWN] = {"netdev-unknown", USVF_IN_USE},
    [USVF_SIGN_RDMA] = {"rdma", USVF_IN_USE},
    [USVF_SIGN_RDMA_UNKNOWN] = {"rdma-unknown", USVF_IN_USE},
    [USVF_SIGN_VDPA] = {"vdpa", USVF_IN_USE},
    [USVF_SIGN_ENABLED] = {"enabled", USVF_IN_USE},
    [USVF_SIGN_UNREADABLE] = {"unreadable", USVF_IN_USE},
    [USVF_SIGN_VFIO] = {"vfio", USVF_FOREIGN},
    [USVF_SIGN_UIO] = {"uio", USVF_FOREIGN},
    [USVF_SIGN_STUB] = {"stub", USVF_FOREIGN},
    [USVF_SIGN_DRIVER_OVERRIDE] = {"driver-override", USVF_FOREIGN},
    [USVF_SIGN_LIBVIRT_UNKNOWN] = {"libvirt-unknown", USVF_FOREIGN},
    [USVF_SIGN_NOT_NETWORK] = {"not-network", USVF_UNUSABLE},
    [USVF_SIGN_PF] = {"pf", USVF_UNUSABLE},
};

const char *usvf_sign_word(enum usvf_sign sign) {
    return signs[sign].word;
}

static void add(struct usvf_vf *vf, enum usvf_sign sign, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add(struct usvf_vf *vf, enum usvf_sign sign, const char *format, ...) {
    size_t length = strlen(vf->use);
    va_list arguments;
    if (length && length + 2 < sizeof vf->use) {
        memcpy(vf->use + length, "; ", 3);
        length += 2;
    }
    va_start(arguments, format);
    vsnprintf(vf->use + length, sizeof vf->use - length, format, arguments);
    va_end(arguments);
    vf->signs |= USVF_SIGN_BIT(sign);
}

static void add_host_signs(const struct usvf_evidence *evidence, struct usvf_vf *vf) {
    if (evidence->elsewhere)
        add(vf, USVF_SIGN_NAMESPACE, "its netdev is in another network namespace, such as that of a container");
    if (evidence->up[0])
        add(vf, USVF_SIGN_UP, "its netdev %s is up", evidence->up);
    if (evidence->master[0])
        add(vf, USVF_SIGN_MASTER, "its netdev %s is a port of another netdev", evidence->master);
    if (evidence->upper[0] && !evidence->master[0]) /* the master is on top too */
        add(vf, USVF_SIGN_UPPER, "netdev %s is on top of its netdev", evidence->upper);
    if (evidence->address[0])
        add(vf, USVF_SIGN_ADDRESS, "its netdev %s has an IP address", evidence->address);
    if (evidence->unknown[0])
        add(vf, USVF_SIGN_NETDEV_UNKNOWN, "the use of its netdev %s is unknown, because the kernel does not list it", evidence->unknown);
    if (evidence->rdma[0])
        add(vf, USVF_SIGN_RDMA, "its RDMA device %s is open", evidence->rdma);
    if (evidence->rdma_unknown[0])
        add(vf, USVF_SIGN_RDMA_UNKNOWN, "the use of its RDMA device %s is unknown", evidence->rdma_unknown);
    if (evidence->vdpa[0])
        add(vf, USVF_SIGN_VDPA, "it has the vDPA device %s", evidence->vdpa);
    if (evidence->unread[0])
        add(vf, USVF_SIGN_UNREADABLE, "its use is unknown, because '%s' in sysfs cannot be read", evidence->unread);
}

/*
 * A function that is bound to vfio is open if it is enabled. The group itself must not be opened to find out: it has one
 * opener at most, so a check at the wrong moment would keep a VM from starting.
 *
 * saved: what this library has changed, or NULL
 */
static void add_driver_signs(const struct usvf_evidence *evidence, const struct usvf_saved *saved, struct usvf_vf *vf) {
    bool vfio = evidence->vfio || strstr(vf->driver, "vfio");
    bool uio = evidence->uio || strstr(vf->driver, "uio");
    bool stub = strstr(vf->driver, "stub") || strstr(vf->driver, "pciback"); /* of any name, such as xen-pciback */
    /* A VF that was adopted is the administrator's again after its lease. */
    bool ours = saved && strcmp(vf->driver, "vfio-pci") == 0 && (vf->lease.owner[0] || strcmp(saved->driver, "vfio-pci") != 0);
    if (evidence->enabled && vfio)
        add(vf, USVF_SIGN_OPEN, "IOMMU group %d is open", vf->iommu_group);
    else if (evidence->enabled && (uio || !saved || strcmp(saved->driver, vf->driver) != 0))
        add(vf, USVF_SIGN_ENABLED, "%s%s has enabled it, and it has no netdev", vf->driver[0] ? "driver " : "a program",
            vf->driver);
    if ((vfio && !ours) || uio || stub)
        add(vf, vfio ? USVF_SIGN_VFIO : uio ? USVF_SIGN_UIO : USVF_SIGN_STUB, "bound to %s without a lease", vf->driver);
    else if (evidence->override[0] && !(saved && (strcmp(evidence->override, "vfio-pci") == 0 || strcmp(evidence->override, saved->override) == 0)))
        add(vf, USVF_SIGN_DRIVER_OVERRIDE, "its driver_override is '%s', which another program has set", evidence->override);
}

static enum usvf_vf_state state_by_signs(const struct usvf_vf *vf) {
    enum usvf_sign first = 0;
    while (first < USVF_SIGNS && !(vf->signs & USVF_SIGN_BIT(first)))
        first++;
    return first < USVF_SIGNS ? signs[first].state : USVF_FREE;
}

/* Signs that matter for a VF which is leased too. */
#define LEASED_TOO (~(USVF_SIGN_BIT(USVF_SIGN_UP) | USVF_SIGN_BIT(USVF_SIGN_LIBVIRT_UNKNOWN)))

void usvf_vf_classify(const struct usvf_usage *usage, const struct usvf_pf *pf, const struct usvf_evidence *evidence, struct usvf_vf *vf) {
    const struct usvf_address at = vf->address;
    struct usvf_saved saved;
    char libvirt[128];
    bool leased = usvf_records_have(&usage->records, "lease", at) && usvf_state_lease(usage->roots, at, &vf->lease);
    bool recorded = usvf_records_have(&usage->records, "before", at);
    int record = recorded ? usvf_saved_read(usage->roots, at, &saved) : 0;
    if (usvf_libvirt_assigned(&usage->libvirt, pf->netdev, vf, libvirt, sizeof libvirt))
        add(vf, USVF_SIGN_LIBVIRT, "%s", libvirt);
    add_host_signs(evidence, vf);
    add_driver_signs(evidence, record > 0 ? &saved : NULL, vf);
    if (usage->libvirt.unreadable[0] && !usage->libvirt.denied)
        add(vf, USVF_SIGN_LIBVIRT_UNKNOWN, "libvirt may have assigned it to a VM: %s", usage->libvirt.unreadable);
    if (pf->obstacle[0])
        add(vf, pf->class && pf->class >> 16 != 2 ? USVF_SIGN_NOT_NETWORK : USVF_SIGN_PF, "%s", pf->obstacle);

    vf->state = leased ? USVF_LEASED : USVF_FREE;
    if (vf->signs & (USVF_SIGN_BIT(USVF_SIGN_LIBVIRT) | USVF_SIGN_BIT(USVF_SIGN_OPEN))) {
        vf->state = USVF_IN_USE;
        usvf_copy(vf->reason, sizeof vf->reason, vf->use);
    } else if (usvf_records_have(&usage->records, "fault", at) && usvf_state_fault(usage->roots, at, vf->reason, sizeof vf->reason)) {
        vf->state = USVF_FAULT;
    } else if (!leased && usvf_records_have(&usage->records, "lease", at) && usvf_state_lease_is_damaged(usage->roots, at)) {
        vf->state = USVF_FAULT;
        snprintf(vf->reason, sizeof vf->reason, "its lease cannot be read");
    } else if (leased && recorded && record == 0) {
        snprintf(vf->reason, sizeof vf->reason, "it was removed and created again, so its settings are lost");
    } else if (!leased || vf->signs & LEASED_TOO) {
        vf->state = leased ? USVF_LEASED : state_by_signs(vf);
        usvf_copy(vf->reason, sizeof vf->reason, vf->use);
        if (!vf->signs && record != 0)
            snprintf(vf->reason, sizeof vf->reason, "its lease has expired; the next lease restores it first");
    }
}

const char *usvf_vf_state_word(enum usvf_vf_state state) {
    static const char *const words[] = {"free", "leased", "in-use", "foreign", "fault", "unusable"};
    return words[state];
}

int usvf_signs_check(const struct usvf_found *found, uint32_t which, struct usvf_error *error) {
    if (!(found->vf->signs & which))
        return USVF_OK;
    return usvf_fail(error, USVF_REFUSED, "VF %s is in use: %s", found->text, found->vf->use);
}
