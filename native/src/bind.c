/* SPDX-License-Identifier: Apache-2.0 */
/* Binds VFs to vfio-pci, and back to the driver they had. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "libvirt.h"
#include "state.h"

/* Nothing that the host uses may share the IOMMU group of a VF that a guest gets. */
static int check_vfio(const struct usvf_found *found, struct usvf_error *error) {
    const struct usvf_vf *vf = found->vf;
    char blocker[USVF_ADDRESS_TEXT];
    usvf_address_text(vf->blocker, blocker);
    switch (vf->vfio) {
    case USVF_VFIO_NO_IOMMU:
        return usvf_fail(error, USVF_REFUSED, "VF %s is in no IOMMU group: the IOMMU of this machine is off", found->text);
    case USVF_VFIO_NO_DRIVER:
        return usvf_fail(error, USVF_FAILED, "driver vfio-pci is not loaded; run modprobe vfio-pci");
    case USVF_VFIO_NO_OVERRIDE:
        return usvf_fail(error, USVF_FAILED, "VF %s cannot be bound to vfio-pci: the kernel has no driver_override", found->text);
    case USVF_VFIO_SHARED:
        return usvf_fail(error, USVF_REFUSED, "VF %s shares IOMMU group %d with %s, which is bound to driver %s", found->text,
            vf->iommu_group, blocker, vf->blocker_driver);
    default:
        return USVF_OK;
    }
}

static int chown_group(const struct usvf_roots *roots, const struct usvf_found *found, int64_t user, int64_t group,
    struct usvf_error *error) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/vfio/%d", usvf_dev(roots), found->vf->iommu_group);
    if ((user >= 0 || group >= 0) && lchown(path, (uid_t)user, (gid_t)group) != 0)
        return usvf_fail(error, usvf_code_of(errno), "%s: owner cannot be changed to user %" PRId64 ": %s", path, user, strerror(errno));
    return USVF_OK;
}

static int bind_found(const struct usvf_roots *roots, const struct usvf_found *found, int64_t user, int64_t group,
    struct usvf_error *error) {
    struct usvf_saved saved;
    int there = usvf_saved_read(roots, found->vf->address, &saved);
    int result = usvf_signs_check(found, there > 0 ? USVF_SIGNS_LATER : USVF_SIGNS_AT_FIRST, error);
    if (result == USVF_OK)
        result = usvf_libvirt_check(roots, found->pf, found->vf, true, error);
    if (result == USVF_OK)
        result = check_vfio(found, error);
    if (result == USVF_OK)
        result = usvf_saved_write(roots, found, error);
    if (result != USVF_OK)
        return result;
    char override[32], driver[32];
    usvf_driver_read(roots, found->vf->address, override, sizeof override, driver, sizeof driver);
    result = usvf_driver_set(roots, found->vf->address, "vfio-pci", "vfio-pci", error);
    if (result == USVF_OK)
        result = chown_group(roots, found, user, group, error);
    if (result != USVF_OK)
        usvf_driver_set(roots, found->vf->address, override, driver, NULL);
    return result;
}

int usvf_bind(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, int64_t user,
    int64_t group, struct usvf_error *error) {
    struct usvf_change change;
    int result = usvf_change_begin(&change, roots, vf, holder, error);
    if (result != USVF_OK)
        return result;
    result = bind_found(roots, &change.found, user, group, error);
    usvf_change_end(&change);
    return result;
}

/* The inventory must not open a group; this does, and so also sees one that QEMU is about to use. */
int usvf_unused_check(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error) {
    bool open_ = found->vf->signs & USVF_SIGN_BIT(USVF_SIGN_OPEN);
    if (!open_ && strcmp(found->vf->driver, "vfio-pci") == 0 && found->vf->iommu_group >= 0) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/vfio/%d", usvf_dev(roots), found->vf->iommu_group);
        int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        open_ = file < 0 && errno == EBUSY;
        if (file >= 0)
            close(file);
    }
    if (open_)
        return usvf_fail(error, USVF_REFUSED, "VF %s is in use: IOMMU group %d is open", found->text, found->vf->iommu_group);
    /* The host may set a netdev up that has returned, and that does not hinder the restoring. */
    uint32_t harmless = USVF_SIGN_BIT(USVF_SIGN_UP) | USVF_SIGN_BIT(USVF_SIGN_ENABLED) | USVF_SIGN_BIT(USVF_SIGN_DRIVER_OVERRIDE);
    struct usvf_saved saved;
    if (usvf_saved_read(roots, found->vf->address, &saved) > 0 && strcmp(saved.driver, "vfio-pci") == 0 &&
        strcmp(found->vf->driver, "vfio-pci") == 0)
        harmless |= USVF_SIGN_BIT(USVF_SIGN_VFIO); /* it was adopted */
    if (found->vf->lease.owner[0])
        harmless |= USVF_SIGN_BIT(USVF_SIGN_ADDRESS); /* a DHCP client of the host uses each netdev that is up */
    int result = usvf_signs_check(found, USVF_SIGNS_OF_USE & ~harmless, error);
    return result == USVF_OK ? usvf_libvirt_check(roots, found->pf, found->vf, false, error) : result;
}

static int unbind_found(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error) {
    struct usvf_saved saved;
    int result = usvf_unused_check(roots, found, error);
    if (result != USVF_OK)
        return result;
    int there = usvf_saved_read(roots, found->vf->address, &saved);
    if (there < 0)
        return usvf_fail(error, USVF_FAILED, "VF %s: record of its original settings is damaged", found->text);
    return there == 0 ? USVF_OK : usvf_driver_set(roots, found->vf->address, saved.override, saved.driver, error);
}

int usvf_unbind(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error) {
    struct usvf_change change;
    int result = usvf_change_begin(&change, roots, vf, holder, error);
    if (result != USVF_OK)
        return result;
    result = unbind_found(roots, &change.found, error);
    usvf_change_end(&change);
    return result;
}
