/* SPDX-License-Identifier: Apache-2.0 */
/* What a VF may be used for. */
#ifndef USVF_VF_STATE_H
#define USVF_VF_STATE_H

#include "evidence.h"
#include "libvirt.h"
#include "state.h"

/* What the state of a VF depends on besides the VF itself. */
struct usvf_usage {
    const struct usvf_roots *roots;
    int devices; /* /sys/bus/pci/devices */
    struct usvf_records records;
    struct usvf_libvirt libvirt;
};

/* Sets the signs, the state, its reason and the lease of a VF whose other values have been read. */
void usvf_vf_classify(const struct usvf_usage *usage, const struct usvf_pf *pf, const struct usvf_evidence *evidence, struct usvf_vf *vf);

#endif
