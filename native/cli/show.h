/* SPDX-License-Identifier: Apache-2.0 */
/* How functions, leases and entries are shown, for people and as JSON. */
#ifndef USVF_SHOW_H
#define USVF_SHOW_H

#include "usvf.h"

void show_inventory(const struct usvf_inventory *inventory, bool json);
void show_vf(const struct usvf_pf *pf, const struct usvf_vf *vf, bool json);
void show_lease(struct usvf_address vf, const struct usvf_lease *lease, bool json);
void show_fdb_entry(const struct usvf_fdb_entry *entry, void *json);
void show_event(const struct usvf_event *event, bool json);
void show_error(const struct usvf_error *error, bool json);

#endif
