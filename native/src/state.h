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

/* The number of this boot; false and errno if it cannot be read. */
bool usvf_read_boot(char boot[40]);

/* How many VFs a PF had before the first change; -1 if that was not changed in this boot. */
int usvf_count_recorded(const struct usvf_roots *roots, struct usvf_address pf);
/* usvf_create without the lock. */
int usvf_count_set(const struct usvf_roots *roots, struct usvf_address pf, unsigned count, struct usvf_error *error);

#endif
