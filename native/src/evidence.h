/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel shows of the use of a VF. */
#ifndef USVF_EVIDENCE_H
#define USVF_EVIDENCE_H

#include <dirent.h>

#include "devlink.h"
#include "rdma.h"

/* A vDPA device and the function below it. */
struct usvf_vdpa {
    struct usvf_address function;
    char name[32];
};

/* What is read once for all functions of the machine. */
struct usvf_sources {
    const struct usvf_roots *roots;
    struct usvf_links links;
    bool links_twice; /* the links were read again, for a netdev that appeared meanwhile */
    struct usvf_rdma rdma;
    bool rdma_read;
    struct usvf_devlink devlink;
    struct usvf_vdpa *vdpas;
    size_t vdpa_count;
    bool vdpas_unread; /* there are vDPA devices that cannot be listed */
};

int usvf_sources_read(const struct usvf_roots *roots, struct usvf_sources *sources, struct usvf_error *error);
void usvf_sources_free(struct usvf_sources *sources);

/* Empty texts: there is no such sign. */
struct usvf_evidence {
    char override[32];     /* driver_override */
    bool vfio, uio;        /* vfio or UIO has made a device of it */
    bool enabled;          /* enabled without a netdev */
    bool elsewhere;        /* a netdev of it is in another network namespace */
    char up[16], master[16], address[16], unknown[16]; /* netdevs */
    char upper[16];        /* a netdev on top of one */
    char vdpa[32];         /* a vDPA device */
    char rdma[64], rdma_unknown[64]; /* RDMA devices that are open, or may be */
    char unread[32];       /* an attribute that exists and cannot be read */
};

/* Reads the evidence and the netdev of a VF from its open folder. Of several netdevs, the VF shows the first by name. */
void usvf_evidence_read(struct usvf_sources *sources, DIR *folder, struct usvf_vf *vf, struct usvf_evidence *evidence);

/* Selects the PF's own netdev among those of its representors, and reads what it shows of its VFs' use for pairs. */
void usvf_uplink_read(struct usvf_sources *sources, int folder, struct usvf_pf *pf);

#endif
