/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the record of a VF's original settings. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "state.h"

/* The kernel numbers the folders of devices; a VF that was removed and created again has another number. */
uint64_t usvf_creation_of(const struct usvf_roots *roots, struct usvf_address vf) {
    char text[USVF_ADDRESS_TEXT], path[PATH_MAX];
    struct stat status;
    usvf_address_text(vf, text);
    snprintf(path, sizeof path, "%s/bus/pci/devices/%s", usvf_sysfs(roots), text);
    return stat(path, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

/* Names become parts of paths. */
static bool is_name(const char *text) {
    return text[0] != '.' && !strchr(text, '/');
}

/* Values that are never written here are never applied. */
static bool is_sound(const struct usvf_saved *saved) {
    const struct usvf_settings *s = &saved->settings;
    return is_name(saved->driver) && is_name(saved->override) && s->vlan >= USVF_UNKNOWN && s->vlan <= 4095 &&
        s->qos >= USVF_UNKNOWN && s->qos <= 7 && s->trust >= USVF_UNKNOWN && s->spoofchk >= USVF_UNKNOWN &&
        s->link_state >= USVF_UNKNOWN && s->link_state <= 2 && s->min_rate >= USVF_UNKNOWN && s->max_rate >= USVF_UNKNOWN && s->vlan_protocol >= 0 &&
        s->vlan_protocol <= UINT16_MAX;
}

int usvf_saved_read(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_saved *saved) {
    char text[512], boot[40];
    int has_mac;
    uint64_t creation = 0, now = usvf_creation_of(roots, vf);
    unsigned mac[6];
    struct usvf_settings *s = &saved->settings;
    *saved = (struct usvf_saved){.user = -1, .group = -1};
    if (usvf_state_read(roots, "before", &vf, text, sizeof text) != 0)
        return errno == ENOENT ? 0 : -1;
    if (sscanf(text, "%31s %31s %d %2x:%2x:%2x:%2x:%2x:%2x %d %d %d %d %d %" SCNd64 " %" SCNd64 " %39s %i %" SCNu64 " %" SCNd64 " %" SCNd64, saved->driver,
            saved->override, &has_mac, &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &s->vlan, &s->qos, &s->trust,
            &s->spoofchk, &s->link_state, &s->min_rate, &s->max_rate, saved->boot, &s->vlan_protocol, &creation,
            &saved->user, &saved->group) < 17 ||
        !is_sound(saved) || !usvf_read_boot(boot))
        return -1;
    if (strcmp(saved->boot, boot) != 0 || (creation && now && creation != now))
        return 0;
    s->has_mac = has_mac;
    for (int i = 0; i < 6; i++)
        s->mac[i] = (uint8_t)mac[i];
    if (strcmp(saved->driver, "-") == 0)
        saved->driver[0] = 0;
    if (strcmp(saved->override, "-") == 0)
        saved->override[0] = 0;
    return 1;
}
