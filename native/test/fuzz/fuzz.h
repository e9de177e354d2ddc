/* SPDX-License-Identifier: Apache-2.0 */
/* What targets share. Each is one LLVMFuzzerTestOneInput(), for libFuzzer or for replay.c. */
#ifndef USVF_FUZZ_H
#define USVF_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold of every input; the abort is found by both drivers. */
#define HOLDS(condition)                                                                                                       \
    do {                                                                                                                       \
        if (!(condition)) {                                                                                                    \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                    \
            abort();                                                                                                           \
        }                                                                                                                      \
    } while (0)

/* The next line of an input as text, by copy; empty after the last one. */
static inline void fuzz_line(const uint8_t **data, size_t *left, char *line, size_t size) {
    size_t length = 0;
    while (*left > 0) {
        char c = (char)*(*data)++;
        (*left)--;
        if (c == '\n')
            break;
        if (c && length + 1 < size)
            line[length++] = c;
    }
    line[length] = 0;
}

#endif
