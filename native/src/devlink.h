/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the embedded switch of a NIC is in switchdev mode. */
#ifndef USVF_DEVLINK_H
#define USVF_DEVLINK_H

#include "internal.h"

/* What the kernel has answered. */
struct usvf_devlink {
    bool asked;      /* for the family */
    uint16_t family; /* the number of devlink among the generic families; 0: the kernel has none */
    bool switchdev;
};

/* Adds what one message has. */
void usvf_devlink_row(uint16_t type, const void *body, size_t size, void *devlink);

/* False also if the driver of the PF has no such mode, or if the kernel does not answer: it answers root alone. */
bool usvf_devlink_switchdev(struct usvf_devlink *devlink, struct usvf_address pf);

#endif
