/* SPDX-License-Identifier: Apache-2.0 */
/* A minimal test harness, and trees of functions in a temporary folder. */
#ifndef USVF_CHECK_H
#define USVF_CHECK_H

#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                                       \
    do {                                                                                                                       \
        if (!(condition)) {                                                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                    \
            exit(1);                                                                                                           \
        }                                                                                                                      \
    } while (0)

#define TEST(name)                                                                                                             \
    do {                                                                                                                       \
        name();                                                                                                                \
        checked++;                                                                                                             \
    } while (0)

extern int checked; /* tests that passed */

/* A folder instead of the machine: sys, dev, state, run, and a recording of netdevs without any. */
struct tree {
    char root[32], sysfs[64], dev[64], state[64], links[64], run[64];
    struct usvf_roots roots;
};

void tree_make(struct tree *tree);
void tree_remove(const struct tree *tree);
/* Paths are below the root. */
void tree_folder(const struct tree *tree, const char *path);
void tree_file(const struct tree *tree, const char *path, const char *text);
void tree_link(const struct tree *tree, const char *path, const char *target);
void tree_delete(const struct tree *tree, const char *path);
void tree_pf(const struct tree *tree, const char *pf, const char *netdev, unsigned total, unsigned vfs);
void tree_vf(const struct tree *tree, const char *pf, unsigned index, const char *vf, int group);
struct usvf_address address_of(const char *text);

#endif
