/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INVENTORY_JSON_H
#define INVENTORY_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "usvf.h"

/*
 * The inventory as one JSON document in ASCII, with the names of understudy-vf list --json: the part that the Java side
 * reads, without unknown values. The caller frees it. False: no memory.
 */
bool usvf_inventory_json(const struct usvf_inventory *inventory, char **json, size_t *size);

#endif
