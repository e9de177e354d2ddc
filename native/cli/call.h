/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of understudy-vf. */
#ifndef USVF_CALL_H
#define USVF_CALL_H

#include "usvf.h"

struct call {
    struct usvf_roots roots;
    struct usvf_settings settings;
    struct usvf_holder holder;
    struct usvf_fdb_entry entry;
    int64_t ttl, user, group;
    bool json, adopt, defaults;
    int count;
    char **arguments; /* the first is the command */
    struct usvf_error error;
};

/* "off" and "on", for read_word(). */
extern const char *const switches[];

/* Reads the options. -1: the command is to be run; else the exit status. */
int read_call(struct call *call, int count, char **arguments);

/* Fills the error of the call and returns its code. */
int usage_error(struct call *call, const char *text);

bool read_number(const char *text, int64_t most, int64_t *value);
bool read_mac(const char *text, uint8_t bytes[6]);

/* Sets the index of a word in a list that ends with NULL. */
bool read_word(const char *text, const char *const words[], int *value);

#endif
