/* SPDX-License-Identifier: Apache-2.0 */
/* Which RDMA devices are open. */
#ifndef USVF_RDMA_H
#define USVF_RDMA_H

#include "internal.h"

struct usvf_rdma_row {
    char name[64];
    bool used; /* a program has it open, or the kernel has a connection over it */
};

struct usvf_rdma {
    struct usvf_rdma_row *rows;
    size_t count;
};

/* Reads a row from the body of a message; false if it does not report the use of a device. */
bool usvf_rdma_parse(uint16_t type, const void *body, size_t size, struct usvf_rdma_row *row);

/* Never fails: a device without a row has an unknown use. The caller frees the result. */
void usvf_rdma_read(struct usvf_rdma *rdma);
void usvf_rdma_free(struct usvf_rdma *rdma);

/* NULL if its use is unknown. */
const struct usvf_rdma_row *usvf_rdma_find(const struct usvf_rdma *rdma, const char *name);

#endif
