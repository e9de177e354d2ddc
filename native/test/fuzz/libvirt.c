/* SPDX-License-Identifier: Apache-2.0 */
/* A file of libvirt that lists the functions assigned to a VM. */
#define _GNU_SOURCE
#include <string.h>

#include "fuzz.h"
#include "libvirt.h"

static bool check(void *context, struct usvf_address address, const char *vm) {
    unsigned *seen = context;
    HOLDS(address.device <= 0x1f && address.function <= 7 && strlen(vm) < 64);
    for (; *vm; vm++)
        HOLDS(*vm >= ' ' && *vm <= '~');
    return ++*seen < 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    unsigned seen = 0;
    /* As it is used: with a zero byte behind. */
    char *text = malloc(size + 1);
    HOLDS(text);
    memcpy(text, data, size);
    text[size] = 0;
    HOLDS(!usvf_xml_sources(text, size, check, &seen) || seen < 100);
    free(text);
    return 0;
}
