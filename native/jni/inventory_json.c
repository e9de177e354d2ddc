/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

#include "inventory_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Values from sysfs may have any bytes: all but plain ASCII are escaped byte by byte. */
static void put_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c < ' ' || *c > '~')
            fprintf(out, "\\u%04x", *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
}

static void text_field(FILE *out, const char *name, const char *text)
{
    if (text[0] != '\0') {
        fprintf(out, ",\"%s\":", name);
        put_text(out, text);
    }
}

static void number_field(FILE *out, const char *name, int64_t number)
{
    if (number != USVF_UNKNOWN)
        fprintf(out, ",\"%s\":%" PRId64, name, number);
}

static void flag_field(FILE *out, const char *name, int flag)
{
    if (flag != USVF_UNKNOWN)
        fprintf(out, ",\"%s\":%s", name, flag ? "true" : "false");
}

static void mac_field(FILE *out, const char *name, const uint8_t mac[6])
{
    fprintf(out, ",\"%s\":\"%02x:%02x:%02x:%02x:%02x:%02x\"", name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void begin_function(FILE *out, struct usvf_address address, uint16_t vendor, uint16_t device)
{
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(address, text);
    fprintf(out, "{\"address\":\"%s\",\"vendor\":\"%04x\",\"device\":\"%04x\"", text, vendor, device);
}

static void put_settings(FILE *out, const struct usvf_settings *settings)
{
    if (settings->has_mac)
        mac_field(out, "mac", settings->mac);
    number_field(out, "vlan", settings->vlan);
    if (settings->vlan_protocol == 0x8100 || settings->vlan_protocol == 0x88a8)
        text_field(out, "vlan_protocol", settings->vlan_protocol == 0x8100 ? "802.1Q" : "802.1ad");
    flag_field(out, "trust", settings->trust);
    flag_field(out, "spoofchk", settings->spoofchk);
}

static void put_address(FILE *out, struct usvf_address address)
{
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(address, text);
    put_text(out, text);
}

static void put_vfio(FILE *out, const struct usvf_vf *vf)
{
    if (vf->iommu_group != USVF_UNKNOWN) {
        fputs(",\"iommu_peers\":[", out);
        for (unsigned i = 0; i + 1 < vf->iommu_members && i < USVF_PEERS; i++) {
            if (i > 0)
                fputc(',', out);
            put_address(out, vf->iommu_peers[i]);
        }
        fputc(']', out);
    }
    text_field(out, "vfio", usvf_vfio_word(vf->vfio));
    if (vf->vfio == USVF_VFIO_SHARED) {
        fputs(",\"vfio_blocker\":{\"address\":", out);
        put_address(out, vf->blocker);
        text_field(out, "driver", vf->blocker_driver);
        fputc('}', out);
    }
}

static void put_signs(FILE *out, const struct usvf_vf *vf)
{
    const char *comma = "";
    fputs(",\"signs\":[", out);
    for (enum usvf_sign sign = 0; sign < USVF_SIGNS; sign++)
        if (vf->signs & USVF_SIGN_BIT(sign)) {
            fputs(comma, out);
            put_text(out, usvf_sign_word(sign));
            comma = ",";
        }
    fputc(']', out);
}

static void put_vf(FILE *out, const struct usvf_vf *vf)
{
    begin_function(out, vf->address, vf->vendor, vf->device);
    fprintf(out, ",\"index\":%u", vf->index);
    text_field(out, "driver", vf->driver);
    text_field(out, "netdev", vf->netdev);
    put_settings(out, &vf->settings);
    number_field(out, "numa", vf->numa);
    number_field(out, "iommu_group", vf->iommu_group);
    flag_field(out, "iommu_shared", vf->iommu_group == USVF_UNKNOWN ? USVF_UNKNOWN : vf->iommu_members > 1);
    put_vfio(out, vf);
    text_field(out, "state", usvf_vf_state_word(vf->state));
    text_field(out, "reason", vf->reason);
    put_signs(out, vf);
    if (vf->lease.owner[0] != '\0') {
        fprintf(out, ",\"lease\":{\"fencing\":%" PRIu64 ",\"expires\":%" PRId64, vf->lease.fencing, vf->lease.expires);
        text_field(out, "owner", vf->lease.owner);
        fputc('}', out);
    }
    fputc('}', out);
}

static void put_pf(FILE *out, const struct usvf_pf *pf)
{
    begin_function(out, pf->address, pf->vendor, pf->device);
    text_field(out, "driver", pf->driver);
    text_field(out, "netdev", pf->netdev);
    text_field(out, "altnames", pf->altnames);
    text_field(out, "master", pf->master);
    text_field(out, "master_kind", pf->master_kind);
    flag_field(out, "switchdev", pf->switchdev);
    number_field(out, "numa", pf->numa);
    flag_field(out, "carrier", pf->carrier);
    fprintf(out, ",\"totalvfs\":%u,\"numvfs\":%u,\"vfs\":[", pf->totalvfs, pf->numvfs);
    for (size_t i = 0; i < pf->vf_count; i++) {
        if (i > 0)
            fputc(',', out);
        put_vf(out, &pf->vfs[i]);
    }
    fputs("]}", out);
}

bool usvf_inventory_json(const struct usvf_inventory *inventory, char **json, size_t *size)
{
    FILE *out = open_memstream(json, size);
    if (out == NULL)
        return false;
    fputs("{\"pfs\":[", out);
    for (size_t i = 0; i < inventory->pf_count; i++) {
        if (i > 0)
            fputc(',', out);
        put_pf(out, &inventory->pfs[i]);
    }
    fputs("],\"problems\":[", out);
    for (size_t i = 0; i < inventory->problem_count; i++) {
        fprintf(out, "%s{\"subject\":", i > 0 ? "," : "");
        put_text(out, inventory->problems[i].subject);
        text_field(out, "message", inventory->problems[i].message);
        fprintf(out, ",\"storage\":%s}", inventory->problems[i].storage ? "true" : "false");
    }
    fputs("]}\n", out);
    bool written = ferror(out) == 0;
    if (fclose(out) == 0 && written)
        return true;
    free(*json);
    *json = NULL;
    return false;
}
