/* SPDX-License-Identifier: Apache-2.0 */
/* Decides what a VF may be used for. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "vf_state.h"

/*
 * Whether a guest has a function open that is bound to vfio-pci. The group itself must not be opened to find out: it has
 * one opener at most, so a check at the wrong moment would keep a VM from starting. The kernel enables an open function.
 */
static bool is_open(const struct usvf_usage *usage, struct usvf_address vf) {
    char text[USVF_ADDRESS_TEXT], path[48];
    usvf_address_text(vf, text);
    snprintf(path, sizeof path, "%s/enable", text);
    return usvf_read_number(usage->devices, path, 0) > 0;
}

static bool is_passed_through(const char *driver) {
    return strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "pci-stub") == 0 || strcmp(driver, "uio_pci_generic") == 0 ||
        strcmp(driver, "igb_uio") == 0;
}

void usvf_vf_classify(const struct usvf_usage *usage, const struct usvf_pf *pf, struct usvf_vf *vf) {
    const struct usvf_address at = vf->address;
    bool passed_through = is_passed_through(vf->driver);
    bool leased = usvf_records_have(&usage->records, "lease", at) && usvf_state_lease(usage->roots, at, &vf->lease);
    vf->state = leased ? USVF_LEASED : USVF_FREE;
    if (usvf_libvirt_assigned(&usage->libvirt, pf->netdev, vf, vf->reason, sizeof vf->reason)) {
        vf->state = USVF_IN_USE;
    } else if (passed_through && is_open(usage, at)) {
        vf->state = USVF_IN_USE;
        snprintf(vf->reason, sizeof vf->reason, "IOMMU group %d is open", vf->iommu_group);
    } else if (usvf_records_have(&usage->records, "fault", at) && usvf_state_fault(usage->roots, at, vf->reason, sizeof vf->reason)) {
        vf->state = USVF_FAULT;
    } else if (!leased && usvf_records_have(&usage->records, "lease", at) && usvf_state_lease_is_damaged(usage->roots, at)) {
        vf->state = USVF_FAULT;
        snprintf(vf->reason, sizeof vf->reason, "its lease cannot be read");
    } else if (!leased && (vf->up || vf->master)) {
        vf->state = USVF_IN_USE;
        snprintf(vf->reason, sizeof vf->reason, "its netdev %s is %s", vf->netdev, vf->up ? "up" : "a port of another netdev");
    } else if (!leased && usvf_records_have(&usage->records, "before", at)) {
        snprintf(vf->reason, sizeof vf->reason, "its lease has expired; the next lease restores it first");
    } else if (!leased && passed_through) {
        vf->state = USVF_FOREIGN;
        snprintf(vf->reason, sizeof vf->reason, "bound to %s without a lease", vf->driver);
    } else if (!leased && usage->libvirt.unreadable[0] && !usage->libvirt.denied) {
        vf->state = USVF_FOREIGN;
        snprintf(vf->reason, sizeof vf->reason, "libvirt may have assigned it to a VM: %s", usage->libvirt.unreadable);
    }
}

const char *usvf_vf_state_word(enum usvf_vf_state state) {
    static const char *const words[] = {"free", "leased", "in-use", "foreign", "fault"};
    return words[state];
}
