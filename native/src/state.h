/* SPDX-License-Identifier: Apache-2.0 */
/* What changes of VFs share; all but the lock want the lock to be held. */
#ifndef USVF_STATE_H
#define USVF_STATE_H

#include "internal.h"

int usvf_state_read(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf, char *text, size_t size);
int usvf_state_write(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf, const char *text,
    struct usvf_error *error);
void usvf_state_delete(const struct usvf_roots *roots, const char *kind, const struct usvf_address *vf);

bool usvf_lease_is_over(const struct usvf_lease *lease);
int usvf_holder_check(
    const struct usvf_roots *roots, struct usvf_address vf, struct usvf_holder holder, struct usvf_error *error);

int usvf_restore_locked(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error);

/* What a VF was before its first change, in the boot that this was. */
struct usvf_before {
    char driver[32], override[32], boot[40];
    struct usvf_settings settings;
};

/* 1: read, 0: there is none of this boot, and no boot leaves anything of its changes to the next, -1: it is damaged. */
int usvf_before_read(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_before *before);

/* A VF in an inventory that the caller frees. */
struct usvf_found {
    struct usvf_inventory *inventory;
    const struct usvf_pf *pf;
    const struct usvf_vf *vf;
    char text[USVF_ADDRESS_TEXT];
};

int usvf_find(const struct usvf_roots *roots, struct usvf_address address, struct usvf_found *found, struct usvf_error *error);

/* Records what the VF is, unless that was done. */
int usvf_before_write(const struct usvf_roots *roots, const struct usvf_found *found, struct usvf_error *error);

/* A VF that its holder may change, with the lock. */
struct usvf_held {
    struct usvf_found found;
    int lock;
};

/* What every change of a holder begins with; on success usvf_change_end() is owed. */
int usvf_change_begin(struct usvf_held *held, const struct usvf_roots *roots, struct usvf_address vf,
    struct usvf_holder holder, struct usvf_error *error);
void usvf_change_end(struct usvf_held *held);

/* What leads frames elsewhere too. 1: read, 0: there is none of this boot, -1: it is damaged. */
int usvf_detour_read(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_fdb_entry *entry);
/* usvf_detour with off, without the lock and the lease. */
int usvf_detour_end(const struct usvf_roots *roots, struct usvf_address vf, struct usvf_error *error);

/* The number of this boot; false and errno if it cannot be read. */
bool usvf_read_boot(char boot[40]);

/* How many VFs a PF had before the first change; -1 if that was not changed in this boot. */
int usvf_count_recorded(const struct usvf_roots *roots, struct usvf_address pf);
/* usvf_create without the lock. */
int usvf_count_set(const struct usvf_roots *roots, struct usvf_address pf, unsigned count, struct usvf_error *error);

#endif
