/* SPDX-License-Identifier: Apache-2.0 */
/* The state directory, and what every change of a VF begins with. All but the lock and the list of records need the lock. */
#ifndef USVF_STATE_H
#define USVF_STATE_H

#include "internal.h"

int usvf_state_read(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf, char *text, size_t size);
int usvf_state_write(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf, const char *text,
    struct usvf_error *error);
void usvf_state_delete(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf);

/*
 * Occupies space that is freed when a record of an existing lease cannot be written, as its guest may run: a file system that
 * becomes full then only prevents new leases. Needs the lock.
 */
int usvf_state_reserve(const struct usvf_roots *roots, struct usvf_error *error);

/* The names of the records in the state directory, sorted, so that a VF without a record costs no system call. */
struct usvf_records {
    char (*names)[40];
    size_t count;
};
/* An error unless all of them are read, as a VF without its record looks free. The caller frees them. */
int usvf_records_read(const struct usvf_roots *roots, struct usvf_records *records, struct usvf_error *error);
bool usvf_records_have(const struct usvf_records *records, const char *kind, struct usvf_address vf);
void usvf_records_free(struct usvf_records *records);

bool usvf_lease_is_over(const struct usvf_lease *lease);
/* USVF_REFUSED unless the lease is the holder's. */
int usvf_holder_check(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error);

/* usvf_restore of a VF without the lock. */
int usvf_restore_locked(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error);

/* Settings of a VF before its first change, and the boot ID. */
struct usvf_saved {
    char driver[32], override[32], boot[40];
    struct usvf_settings settings;
    int64_t user, group; /* owner of the group's device of an adopted VF; -1: it was not bound to vfio */
};

/* Differs for a VF that was removed and created again; 0: there is no such VF. */
uint64_t usvf_creation_of(const struct usvf_roots *roots, struct usvf_address vf);

/* 1: read, 0: none of this boot and of this VF, -1: damaged. */
int usvf_saved_read(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_saved *saved);

/* A VF in an inventory that the caller frees. */
struct usvf_found {
    struct usvf_inventory *inventory;
    const struct usvf_pf *pf;
    const struct usvf_vf *vf;
    char text[USVF_ADDRESS_TEXT];
};

int usvf_find(const struct usvf_roots *roots, struct usvf_address address, struct usvf_found *found, struct usvf_error *error);

/* Saves the settings of a VF unless they are saved already. */
int usvf_saved_write(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error);

/* A VF that its holder may change, under the lock. */
struct usvf_change {
    struct usvf_found found;
    int lock;
};

/* Takes the lock, checks the lease and finds the VF; on success the caller calls usvf_change_end(). */
int usvf_change_begin(struct usvf_change *change, const struct usvf_roots *roots, struct usvf_address vf,
    struct usvf_holder holder, struct usvf_error *error);
void usvf_change_end(struct usvf_change *change);

/* Sets what differs from the wanted settings, and reads it back. */
int usvf_settings_apply(const struct usvf_roots *roots, const struct usvf_found *found, const struct usvf_settings *wanted,
    struct usvf_error *error);

/* The signs of an actual use. Whether libvirt has assigned a VF is checked separately. */
#define USVF_SIGNS_OF_USE \
    (~(USVF_SIGN_BIT(USVF_SIGN_LIBVIRT) | USVF_SIGN_BIT(USVF_SIGN_LIBVIRT_UNKNOWN) | USVF_SIGN_BIT(USVF_SIGN_NOT_NETWORK) | \
        USVF_SIGN_BIT(USVF_SIGN_PF)))

/* All signs, for a VF that was not changed yet. */
#define USVF_SIGNS_AT_FIRST (~(USVF_SIGN_BIT(USVF_SIGN_LIBVIRT) | USVF_SIGN_BIT(USVF_SIGN_LIBVIRT_UNKNOWN)))

/*
 * For a VF that this lease has changed: the guest of the holder may have it open, and the host may set its netdev up, when it
 * returns or when its MAC was changed, and give it an address.
 */
#define USVF_SIGNS_LATER \
    (USVF_SIGNS_OF_USE & \
        ~(USVF_SIGN_BIT(USVF_SIGN_OPEN) | USVF_SIGN_BIT(USVF_SIGN_UP) | USVF_SIGN_BIT(USVF_SIGN_ADDRESS)))

/* USVF_REFUSED if the VF has one of the signs. */
int usvf_signs_check(const struct usvf_found *found, uint32_t signs, struct usvf_error *error);

/* USVF_REFUSED if a program has a VF open that is bound to vfio-pci, or if that cannot be determined. */
int usvf_open_check(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error);

/* USVF_REFUSED if a guest has the VF open, libvirt has assigned it, or another program uses it. */
int usvf_unused_check(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error);

/* The forwarding entry for a VF's MAC on its PF. 1: read, 0: none of this boot, -1: damaged. */
int usvf_forwarding_read(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_fdb_entry *entry);
/* usvf_forwarding with off, without the lock and the lease. */
int usvf_forwarding_end(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error);

/* The boot ID; false and errno if it cannot be read. */
bool usvf_read_boot(char boot[40]);

/* The number of VFs of a PF before its first change; -1 if it was not changed in this boot. */
int usvf_numvfs_saved(const struct usvf_roots *roots, struct usvf_address pf);
/* usvf_create without the lock. */
int usvf_numvfs_set(const struct usvf_roots *roots, struct usvf_address pf, unsigned count, struct usvf_error *error);

#endif
