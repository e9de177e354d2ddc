/* SPDX-License-Identifier: Apache-2.0 */
/* The number of VFs of a PF. Source: sriov_numvfs in Documentation/ABI/testing/sysfs-bus-pci of the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "state.h"

static const struct usvf_pf *find_pf(const struct usvf_inventory *inventory, struct usvf_address address) {
    for (size_t i = 0; i < inventory->pf_count; i++)
        if (usvf_address_equal(inventory->pfs[i].address, address))
            return &inventory->pfs[i];
    return NULL;
}

/* The kernel changes the number only from and to 0, so a change removes all VFs. */
static int check_free(const struct usvf_pf *pf, struct usvf_error *error) {
    for (size_t i = 0; i < pf->vf_count; i++) {
        const struct usvf_vf *vf = &pf->vfs[i];
        char text[USVF_ADDRESS_TEXT];
        usvf_address_text(vf->address, text);
        if (vf->state != USVF_FREE || vf->reason[0])
            return usvf_fail(error, USVF_REFUSED, "VF %s would be removed, but is %s%s%.200s", text, usvf_vf_state_word(vf->state),
                vf->reason[0] ? ": " : "", vf->reason);
    }
    return USVF_OK;
}

static int write_numvfs(const struct usvf_roots *roots, const char *pf, unsigned count, struct usvf_error *error) {
    char path[PATH_MAX], text[16];
    snprintf(path, sizeof path, "%s/bus/pci/devices/%s/sriov_numvfs", usvf_sysfs(roots), pf);
    snprintf(text, sizeof text, "%u", count);
    if (usvf_write_text(AT_FDCWD, path, text) == 0)
        return USVF_OK;
    return usvf_fail(error, usvf_code_of(errno), "PF %s does not accept %u VFs: %s", pf, count, strerror(errno));
}

static int verify(const struct usvf_roots *roots, struct usvf_address address, unsigned count, struct usvf_error *error) {
    struct usvf_inventory *inventory;
    char text[USVF_ADDRESS_TEXT];
    int result = usvf_inventory_read(roots, &inventory, error);
    if (result != USVF_OK)
        return result;
    usvf_address_text(address, text);
    const struct usvf_pf *pf = find_pf(inventory, address);
    if (!pf || pf->numvfs != count || pf->vf_count != count)
        result = usvf_fail(error, USVF_FAILED, "PF %s was set to %u VFs but has %zu", text, count, pf ? pf->vf_count : 0);
    usvf_inventory_free(inventory);
    return result;
}

/* An existing record stays: the number before the first change counts. */
static int write_record(const struct usvf_roots *roots, const struct usvf_pf *pf, struct usvf_error *error) {
    char text[64], boot[40];
    if (usvf_numvfs_saved(roots, pf->address) >= 0)
        return USVF_OK;
    if (!usvf_read_boot(boot))
        return usvf_fail(error, USVF_FAILED, "boot ID cannot be read: %s", strerror(errno));
    snprintf(text, sizeof text, "%u %s\n", pf->numvfs, boot);
    return usvf_state_write(roots, "count", &pf->address, text, error);
}

static int set(const struct usvf_roots *roots, const struct usvf_pf *pf, unsigned count, struct usvf_error *error) {
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(pf->address, text);
    if (count > pf->totalvfs)
        return usvf_fail(error, USVF_BAD_ARGUMENT, "PF %s supports at most %u VFs", text, pf->totalvfs);
    if (pf->numvfs == count)
        return USVF_OK;
    int result = check_free(pf, error);
    if (result == USVF_OK)
        result = write_record(roots, pf, error);
    if (result == USVF_OK && pf->numvfs > 0)
        result = write_numvfs(roots, text, 0, error);
    if (result == USVF_OK && count > 0)
        result = write_numvfs(roots, text, count, error);
    return result == USVF_OK ? verify(roots, pf->address, count, error) : result;
}

int usvf_numvfs_set(const struct usvf_roots *roots, struct usvf_address address, unsigned count, struct usvf_error *error) {
    struct usvf_inventory *inventory;
    int result = usvf_inventory_read(roots, &inventory, error);
    if (result != USVF_OK)
        return result;
    char text[USVF_ADDRESS_TEXT];
    usvf_address_text(address, text);
    const struct usvf_pf *pf = find_pf(inventory, address);
    result = pf ? set(roots, pf, count, error) : usvf_fail(error, USVF_NOT_FOUND, "%s is not a PF of this machine", text);
    usvf_inventory_free(inventory);
    return result;
}

int usvf_create(const struct usvf_roots *roots, struct usvf_address pf, unsigned count, struct usvf_error *error) {
    int lock = usvf_state_lock(roots, error);
    if (lock < 0)
        return -lock;
    int result = usvf_numvfs_set(roots, pf, count, error);
    close(lock);
    return result;
}

int usvf_numvfs_saved(const struct usvf_roots *roots, struct usvf_address pf) {
    char text[64], then[40], boot[40];
    unsigned count;
    if (usvf_state_read(roots, "count", &pf, text, sizeof text) != 0 || sscanf(text, "%u %39s", &count, then) != 2 ||
        !usvf_read_boot(boot) || strcmp(then, boot) != 0 || count > UINT16_MAX)
        return -1;
    return (int)count;
}
