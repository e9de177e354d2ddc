/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The use of RDMA devices, as "rdma resource show" reads it. Each device has objects of the kernel; contexts belong to programs, and
 * connections to programs or to users in the kernel. Source: rdma/rdma_netlink.h.
 */
#define _GNU_SOURCE
#include <linux/netlink.h>
#include <rdma/rdma_netlink.h>
#include <stdlib.h>
#include <string.h>

#include "rdma.h"

static bool is_named(const struct usvf_attribute *attribute, const char *name) {
    return strnlen(attribute->data, attribute->size) == strlen(name) && strncmp(attribute->data, name, attribute->size) == 0;
}

/* One number of the summary. True if it is that of the contexts, without which the use is unknown. */
static bool read_entry(struct usvf_attributes entry, struct usvf_rdma_row *row) {
    struct usvf_attribute attribute;
    bool contexts = false, connections = false;
    uint64_t count = 0;
    while (usvf_attribute_next(&entry, &attribute)) {
        if (attribute.type == RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_NAME) {
            contexts = is_named(&attribute, "ctx");
            connections = is_named(&attribute, "cm_id");
        } else if (attribute.type == RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY_CURR && attribute.size >= sizeof count) {
            memcpy(&count, attribute.data, sizeof count);
        }
    }
    row->used = row->used || ((contexts || connections) && count > 0);
    return contexts;
}

bool usvf_rdma_parse(uint16_t type, const void *body, size_t size, struct usvf_rdma_row *row) {
    struct usvf_attributes rest = usvf_attributes_after(body, size, 0), entries;
    struct usvf_attribute attribute, entry;
    bool known = false;
    *row = (struct usvf_rdma_row){0};
    if (type != RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_RES_GET))
        return false;
    while (usvf_attribute_next(&rest, &attribute)) {
        if (attribute.type == RDMA_NLDEV_ATTR_DEV_NAME && attribute.size > 0)
            usvf_copy(row->name, attribute.size < sizeof row->name ? attribute.size : sizeof row->name, attribute.data);
        entries = usvf_attributes_after(attribute.data, attribute.size, 0);
        while (attribute.type == RDMA_NLDEV_ATTR_RES_SUMMARY && usvf_attribute_next(&entries, &entry))
            if (entry.type == RDMA_NLDEV_ATTR_RES_SUMMARY_ENTRY)
                known |= read_entry(usvf_attributes_after(entry.data, entry.size, 0), row);
    }
    return row->name[0] && known;
}

static void add(uint16_t type, const void *body, size_t size, void *context) {
    struct usvf_rdma *rdma = context;
    struct usvf_rdma_row row;
    if (!usvf_rdma_parse(type, body, size, &row))
        return;
    struct usvf_rdma_row *more = realloc(rdma->rows, (rdma->count + 1) * sizeof *more);
    if (!more)
        return;
    rdma->rows = more;
    more[rdma->count++] = row;
}

static void reset(void *rdma) {
    usvf_rdma_free(rdma);
}

void usvf_rdma_read(struct usvf_rdma *rdma) {
    const struct nlmsghdr request = {.nlmsg_len = sizeof request,
        .nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_RES_GET),
        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP};
    struct usvf_error error;
    if (usvf_dump_read(NETLINK_RDMA, &request, sizeof request, "RDMA devices", add, reset, rdma, &error) != USVF_OK)
        usvf_rdma_free(rdma);
}

void usvf_rdma_free(struct usvf_rdma *rdma) {
    free(rdma->rows);
    *rdma = (struct usvf_rdma){0};
}

const struct usvf_rdma_row *usvf_rdma_find(const struct usvf_rdma *rdma, const char *name) {
    for (size_t i = 0; i < rdma->count; i++)
        if (strcmp(rdma->rows[i].name, name) == 0)
            return &rdma->rows[i];
    return NULL;
}
