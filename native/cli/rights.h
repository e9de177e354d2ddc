/* SPDX-License-Identifier: Apache-2.0 */
/* Which rights understudy-vf has, and who may make use of them. */
#ifndef USVF_RIGHTS_H
#define USVF_RIGHTS_H

#include <stdbool.h>

#include "usvf.h"

/* True if the program has more rights than whoever called it: by set-user-ID, by file capabilities, or by sudo. */
bool rights_are_elevated(void);

/*
 * Checks the access list for callers who are not root, and drops whatever rights the command does not need.
 *
 * arguments: the command and what follows it
 */
int rights_reduce(char *const arguments[], int count, struct usvf_error *error);

#endif
