/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <inttypes.h>
#include <stdio.h>

/* Whether the next value on this level needs a comma. */
static bool needs_comma;

static void quoted(const char *text) {
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < 0x20 || *c > 0x7e)
            printf("\\u%04x", *c);
        else
            putchar(*c);
    }
    putchar('"');
}

static void begin(const char *key) {
    if (needs_comma)
        putchar(',');
    needs_comma = true;
    if (key) {
        quoted(key);
        putchar(':');
    }
}

void json_open(const char *key, char bracket) {
    begin(key);
    putchar(bracket);
    needs_comma = false;
}

void json_close(char bracket) {
    putchar(bracket);
    needs_comma = true;
}

void json_text(const char *key, const char *value) {
    begin(key);
    if (*value)
        quoted(value);
    else
        fputs("null", stdout);
}

void json_number(const char *key, int64_t value) {
    begin(key);
    printf("%" PRId64, value);
}

void json_known(const char *key, int64_t value) {
    begin(key);
    if (value < 0)
        fputs("null", stdout);
    else
        printf("%" PRId64, value);
}

void json_flag(const char *key, int value) {
    begin(key);
    fputs(value < 0 ? "null" : value ? "true" : "false", stdout);
}

void json_end(void) {
    putchar('\n');
    needs_comma = false;
    fflush(stdout);
}
