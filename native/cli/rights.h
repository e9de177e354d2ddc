/* SPDX-License-Identifier: Apache-2.0 */
/* The privileges of understudy-vf, and who may use them. */
#ifndef USVF_RIGHTS_H
#define USVF_RIGHTS_H

#include <stdbool.h>

#include "usvf.h"

/* True if the program has more privileges than its caller: by set-user-ID, by file capabilities, or by sudo. */
bool rights_are_elevated(void);

/*
 * Checks the access list for callers other than root, and drops all privileges that the command does not need.
 *
 * arguments: the command and what follows it
 */
int rights_reduce(char *const arguments[], int count, struct usvf_error *error);

#endif
