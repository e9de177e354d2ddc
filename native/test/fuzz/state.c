/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of an input are the files of the state directory, see files below; an @ is the boot ID. */
#define _GNU_SOURCE
#include <string.h>

#include "check.h"
#include "fuzz.h"
#include "state.h"

#define VF "0000:01:10.0"

static const char *const files[] = {"state/lease-" VF, "state/before-" VF, "state/detour-" VF, "state/count-" VF,
    "state/fault-" VF};

static struct tree tree;

static void end(void) {
    tree_remove(&tree);
}

static void begin(void) {
    if (tree.root[0])
        return;
    tree_make(&tree);
    tree_folder(&tree, "state");
    atexit(end);
}

static void write_file(const char *path, const char *line) {
    char text[640] = "", boot[40];
    size_t length = 0;
    CHECK(usvf_read_boot(boot));
    for (; *line && length + sizeof boot < sizeof text; line++)
        length += (size_t)snprintf(text + length, sizeof text - length, *line == '@' ? "%s" : "%.1s", *line == '@' ? boot : line);
    tree_file(&tree, path, text);
}

static void check_saved(const struct usvf_saved *saved) {
    const struct usvf_settings *s = &saved->settings;
    /* They become parts of paths below sysfs. */
    HOLDS(!strchr(saved->driver, '/') && strcmp(saved->driver, "..") != 0 && strcmp(saved->driver, ".") != 0);
    HOLDS(s->vlan >= USVF_UNKNOWN && s->vlan <= 4095 && s->qos >= USVF_UNKNOWN && s->qos <= 7);
    HOLDS(s->link_state >= USVF_UNKNOWN && s->link_state <= 2 && s->max_rate >= USVF_UNKNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char line[512];
    struct usvf_lease lease = {0};
    struct usvf_saved saved;
    struct usvf_fdb_entry entry;
    struct usvf_address vf = address_of(VF);
    begin();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        fuzz_line(&data, &size, line, sizeof line);
        write_file(files[i], line);
    }
    bool leased = usvf_state_lease(&tree.roots, vf, &lease), damaged = usvf_state_lease_is_damaged(&tree.roots, vf);
    HOLDS(!leased || (!damaged && lease.owner[0]));
    if (usvf_saved_read(&tree.roots, vf, &saved) == 1)
        check_saved(&saved);
    HOLDS(usvf_numvfs_saved(&tree.roots, vf) <= UINT16_MAX);
    if (usvf_forwarding_read(&tree.roots, vf, &entry) == 1)
        HOLDS(entry.netdev[0] && entry.self);
    char reason[256];
    HOLDS(usvf_state_fault(&tree.roots, vf, reason, sizeof reason));
    return 0;
}
