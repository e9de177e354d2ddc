/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

static void mac_text(const uint8_t mac[6], char text[18]) {
    snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void json_mac(const char *key, bool known, const uint8_t mac[6]) {
    char text[18] = "";
    if (known)
        mac_text(mac, text);
    json_text(key, text);
}

static void json_address(struct usvf_address address) {
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(address, text);
    json_text("address", text);
}

static void json_id(const char *key, uint16_t id) {
    char text[8];
    snprintf(text, sizeof text, "%04x", id);
    json_text(key, text);
}

static void json_lease(const struct usvf_lease *lease) {
    json_text("owner", lease->owner);
    json_number("fencing", (int64_t)lease->fencing);
    json_known("expires", lease->expires ? lease->expires : -1);
}

/* iommu_members also counts those that are not listed. */
static void json_peers(const struct usvf_vf *vf) {
    if (vf->iommu_group < 0)
        return;
    json_number("iommu_members", vf->iommu_members);
    json_open("iommu_peers", '[');
    for (unsigned i = 0; i + 1 < vf->iommu_members && i < USVF_PEERS; i++) {
        char text[USVF_ADDRESS_TEXT];
        usvf_address_text(vf->iommu_peers[i], text);
        json_text(NULL, text);
    }
    json_close(']');
}

static void json_vf(const struct usvf_vf *vf) {
    static const uint8_t none[6];
    json_address(vf->address);
    json_number("index", vf->index);
    json_text("state", usvf_vf_state_word(vf->state));
    json_text("reason", vf->reason);
    json_open("signs", '[');
    for (enum usvf_sign sign = 0; sign < USVF_SIGNS; sign++)
        if (vf->signs & USVF_SIGN_BIT(sign))
            json_text(NULL, usvf_sign_word(sign));
    json_close(']');
    json_id("vendor", vf->vendor);
    json_id("device", vf->device);
    json_text("driver", vf->driver);
    json_text("netdev", vf->netdev);
    json_mac("netdev_mac", memcmp(vf->mac, none, 6) != 0, vf->mac);
    json_flag("up", vf->up);
    json_known("mtu", vf->mtu);
    json_mac("mac", vf->settings.has_mac, vf->settings.mac);
    json_known("vlan", vf->settings.vlan);
    json_known("qos", vf->settings.qos);
    json_text("vlan_protocol", vf->settings.vlan_protocol == 0x8100 ? "802.1Q"
            : vf->settings.vlan_protocol == 0x88a8                 ? "802.1ad"
                                                                   : "");
    json_flag("trust", vf->settings.trust);
    json_flag("spoofchk", vf->settings.spoofchk);
    json_text("link_state", vf->settings.link_state == 0 ? "auto"
            : vf->settings.link_state == 1              ? "enable"
            : vf->settings.link_state == 2              ? "disable"
                                                        : "");
    json_known("min_rate", vf->settings.min_rate);
    json_known("max_rate", vf->settings.max_rate);
    json_known("numa", vf->numa);
    json_known("iommu_group", vf->iommu_group);
    json_flag("iommu_shared", vf->iommu_group < 0 ? -1 : vf->iommu_members > 1);
    json_peers(vf);
    json_text("vfio", usvf_vfio_word(vf->vfio));
    if (vf->vfio == USVF_VFIO_SHARED) {
        json_open("vfio_blocker", '{');
        json_address(vf->blocker);
        json_text("driver", vf->blocker_driver);
        json_close('}');
    }
    if (vf->lease.owner[0]) {
        json_open("lease", '{');
        json_lease(&vf->lease);
        json_close('}');
    }
}

static void json_pf(const struct usvf_pf *pf) {
    static const uint8_t none[6];
    json_address(pf->address);
    json_text("netdev", pf->netdev);
    json_id("vendor", pf->vendor);
    json_id("device", pf->device);
    json_text("driver", pf->driver);
    json_text("altnames", pf->altnames);
    json_text("master", pf->master);
    json_text("master_kind", pf->master_kind);
    json_flag("switchdev", pf->switchdev);
    if (pf->class) {
        char text[8];
        snprintf(text, sizeof text, "%06x", (unsigned)pf->class & 0xffffff);
        json_text("class", text);
    }
    json_text("obstacle", pf->obstacle);
    json_text("switch_id", pf->switch_id);
    json_text("port_name", pf->port_name);
    json_mac("mac", memcmp(pf->mac, none, 6) != 0, pf->mac);
    json_flag("up", pf->up);
    json_flag("carrier", pf->carrier);
    json_known("mtu", pf->mtu);
    json_known("numa", pf->numa);
    json_number("totalvfs", pf->totalvfs);
    json_number("numvfs", pf->numvfs);
}

static void json_inventory(const struct usvf_inventory *inventory) {
    json_open(NULL, '{');
    json_open("pfs", '[');
    for (size_t i = 0; i < inventory->pf_count; i++) {
        const struct usvf_pf *pf = &inventory->pfs[i];
        json_open(NULL, '{');
        json_pf(pf);
        json_open("vfs", '[');
        for (size_t j = 0; j < pf->vf_count; j++) {
            json_open(NULL, '{');
            json_vf(&pf->vfs[j]);
            json_close('}');
        }
        json_close(']');
        json_close('}');
    }
    json_close(']');
    json_open("problems", '[');
    for (size_t i = 0; i < inventory->problem_count; i++) {
        json_open(NULL, '{');
        json_text("subject", inventory->problems[i].subject);
        json_text("message", inventory->problems[i].message);
        json_flag("storage", inventory->problems[i].storage);
        json_close('}');
    }
    json_close(']');
    json_close('}');
    json_end();
}

static void vf_line(const struct usvf_vf *vf) {
    char address[USVF_ADDRESS_TEXT], mac[18] = "-";
    usvf_address_text(vf->address, address);
    if (vf->settings.has_mac)
        mac_text(vf->settings.mac, mac);
    printf("  %-3u %-12s  %-8s  %-10s  %-15s  %-17s  %s%s", vf->index, address, usvf_vf_state_word(vf->state),
        vf->driver[0] ? vf->driver : "-", vf->netdev[0] ? vf->netdev : "-", mac, vf->lease.owner,
        vf->lease.owner[0] && vf->reason[0] ? "; " : "");
    for (enum usvf_sign sign = 0; sign < USVF_SIGNS; sign++)
        if (vf->signs & USVF_SIGN_BIT(sign))
            printf("[%s] ", usvf_sign_word(sign));
    printf("%s\n", vf->reason);
}

void show_inventory(const struct usvf_inventory *inventory, bool json) {
    if (json) {
        json_inventory(inventory);
        return;
    }
    if (inventory->pf_count == 0)
        puts("No NIC of this machine has SR-IOV.");
    for (size_t i = 0; i < inventory->pf_count; i++) {
        const struct usvf_pf *pf = &inventory->pfs[i];
        char address[USVF_ADDRESS_TEXT];
        usvf_address_text(pf->address, address);
        printf("PF %s  %s  %s  %u of %u VFs", address, pf->netdev[0] ? pf->netdev : "-", pf->driver[0] ? pf->driver : "-",
            pf->numvfs, pf->totalvfs);
        if (pf->master[0])
            printf("  port of %s%s%s%s", pf->master, pf->master_kind[0] ? " (" : "", pf->master_kind, pf->master_kind[0] ? ")" : "");
        putchar('\n');
        for (size_t j = 0; j < pf->vf_count; j++)
            vf_line(&pf->vfs[j]);
    }
    for (size_t i = 0; i < inventory->problem_count; i++)
        printf("problem: %s\n", inventory->problems[i].message);
}

void show_vf(const struct usvf_pf *pf, const struct usvf_vf *vf, bool json) {
    if (!json) {
        vf_line(vf);
        return;
    }
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(pf->address, text);
    json_open(NULL, '{');
    json_text("pf", text);
    json_vf(vf);
    json_close('}');
    json_end();
}

void show_lease(struct usvf_address vf, const struct usvf_lease *lease, bool json) {
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(vf, text);
    if (!json) {
        printf("VF %s is leased by %s, fencing number %" PRIu64 "\n", text, lease->owner, lease->fencing);
        return;
    }
    json_open(NULL, '{');
    json_text("address", text);
    json_lease(lease);
    json_close('}');
    json_end();
}

void show_fdb_entry(const struct usvf_fdb_entry *entry, void *json) {
    char mac[18];
    mac_text(entry->mac, mac);
    if (!*(const bool *)json) {
        printf("%s dev %s%s", mac, entry->netdev, entry->self ? " self" : "");
        printf(entry->vlan ? " vlan %d\n" : "\n", entry->vlan);
        return;
    }
    json_open(NULL, '{');
    json_text("mac", mac);
    json_text("netdev", entry->netdev);
    json_known("vlan", entry->vlan ? entry->vlan : -1);
    json_flag("self", entry->self);
    json_close('}');
}

void show_event(const struct usvf_event *event, bool json) {
    static const char *const kinds[] = {"pci", "link", "lease", "lost"};
    if (!json) {
        printf("%s %s %s\n", kinds[event->kind], event->action, event->subject);
        fflush(stdout);
        return;
    }
    json_open(NULL, '{');
    json_text("event", kinds[event->kind]);
    json_text("action", event->action);
    json_text("subject", event->subject);
    json_close('}');
    json_end();
}

void show_error(const struct usvf_error *error, bool json) {
    fprintf(stderr, "understudy-vf: %s\n", error->message);
    if (!json)
        return;
    static const char *const words[] = {"", "", "bad-argument", "not-found", "refused", "failed", "not-permitted"};
    json_open(NULL, '{');
    json_open("error", '{');
    json_text("code", words[error->code]);
    json_text("message", error->message);
    json_close('}');
    json_close('}');
    json_end();
}
