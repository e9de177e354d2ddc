/* SPDX-License-Identifier: Apache-2.0 */
/* An input is one datagram, read as each list and event of the kernel's. */
#define _GNU_SOURCE
#include <string.h>

#include "devlink.h"
#include "fuzz.h"
#include "internal.h"

static void visit_row(uint16_t type, const void *body, size_t size, void *context) {
    struct usvf_fdb_row row;
    (void)context;
    if (usvf_fdb_parse(type, body, size, &row))
        HOLDS(row.entry.vlan >= 0 && row.entry.vlan <= UINT16_MAX);
}

static void read_links(const void *data, size_t size) {
    struct usvf_links links = {0};
    usvf_links_parse(&links, data, size);
    for (size_t i = 0; i < links.count; i++) {
        const struct usvf_link *row = &links.rows[i];
        HOLDS(strnlen(row->name, sizeof row->name) < sizeof row->name && row->vf_count <= 4096);
        for (unsigned j = 0; j < row->vf_count; j++)
            HOLDS(row->vfs[j].vlan >= USVF_UNKNOWN && row->vfs[j].trust >= USVF_UNKNOWN && row->vfs[j].min_rate >= USVF_UNKNOWN);
    }
    usvf_links_free(&links);
}

static void read_event(bool (*read)(const char *, size_t, struct usvf_event *), const char *text, size_t size) {
    struct usvf_event event = {0};
    if (!read(text, size, &event))
        return;
    HOLDS(strnlen(event.action, sizeof event.action) < sizeof event.action);
    HOLDS(strnlen(event.subject, sizeof event.subject) < sizeof event.subject);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct usvf_dump dump = {0};
    read_links(data, size);
    usvf_dump_parse(&dump, data, size, visit_row, NULL);
    HOLDS(dump.refused >= 0);
    struct usvf_devlink devlink = {0};
    dump = (struct usvf_dump){0};
    usvf_dump_parse(&dump, data, size, usvf_devlink_row, &devlink);
    char *text = malloc(size + 1);
    HOLDS(text);
    memcpy(text, data, size);
    text[size] = 0;
    read_event(usvf_watch_read_uevent, text, size);
    read_event(usvf_watch_read_link, text, size);
    free(text);
    return 0;
}
