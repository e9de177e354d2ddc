/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, errors, and small files below an open folder. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

int usvf_fail(struct usvf_error *error, enum usvf_code code, const char *format, ...) {
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->code = code;
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return (int)code;
}

enum usvf_code usvf_code_of(int errnum) {
    return errnum == EACCES || errnum == EPERM ? USVF_NOT_PERMITTED : USVF_FAILED;
}

void usvf_copy(char *to, size_t size, const char *from) {
    size_t length = strnlen(from, size - 1);
    memcpy(to, from, length);
    to[length] = 0;
}

static bool hex(const char **text, unsigned digits, uint32_t *value) {
    *value = 0;
    for (unsigned i = 0; i < digits; i++) {
        char c = *(*text)++;
        if (c >= '0' && c <= '9')
            *value = *value << 4 | (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            *value = *value << 4 | (uint32_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}

bool usvf_address_parse(const char *text, struct usvf_address *address) {
    const char *colon = strchr(text, ':');
    size_t digits = colon ? (size_t)(colon - text) : 0;
    uint32_t domain, bus, device, function;
    /* Some host bridges have domains of five digits and more. */
    if (digits < 4 || digits > 8 || !hex(&text, (unsigned)digits, &domain) || *text++ != ':' || !hex(&text, 2, &bus) ||
        *text++ != ':' || !hex(&text, 2, &device) || *text++ != '.' || !hex(&text, 1, &function) || *text != 0 ||
        device > 0x1f || function > 7)
        return false;
    *address = (struct usvf_address){domain, (uint8_t)bus, (uint8_t)device, (uint8_t)function};
    return true;
}

void usvf_address_text(struct usvf_address a, char text[USVF_ADDRESS_TEXT]) {
    snprintf(text, USVF_ADDRESS_TEXT, "%04x:%02x:%02x.%x", a.domain, a.bus, a.device, a.function);
}

bool usvf_address_equal(struct usvf_address a, struct usvf_address b) {
    return a.domain == b.domain && a.bus == b.bus && a.device == b.device && a.function == b.function;
}

uint64_t usvf_address_order(struct usvf_address a) {
    return (uint64_t)a.domain << 24 | (uint64_t)a.bus << 16 | (uint64_t)a.device << 8 | a.function;
}

bool usvf_mac_is_zero(const uint8_t mac[6]) {
    static const uint8_t zero[6];
    return memcmp(mac, zero, 6) == 0;
}

const char *usvf_sysfs(const struct usvf_roots *roots) {
    return roots && roots->sysfs ? roots->sysfs : "/sys";
}

const char *usvf_dev(const struct usvf_roots *roots) {
    return roots && roots->dev ? roots->dev : "/dev";
}

const char *usvf_state_dir(const struct usvf_roots *roots) {
    return roots && roots->state ? roots->state : "/var/lib/understudy-vf";
}

const char *usvf_run(const struct usvf_roots *roots) {
    return roots && roots->run ? roots->run : "/run";
}

int usvf_open_folder(int at, const char *path) {
    return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

ssize_t usvf_read_text(int at, const char *path, char *text, size_t size) {
    int file = openat(at, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return -1;
    ssize_t length = read(file, text, size - 1);
    int problem = errno;
    close(file);
    if (length < 0) {
        errno = problem;
        return -1;
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    text[length] = 0;
    return length;
}

long usvf_read_number(int at, const char *path, long otherwise) {
    char text[32], *end;
    if (usvf_read_text(at, path, text, sizeof text) <= 0)
        return otherwise;
    errno = 0;
    long value = strtol(text, &end, 0);
    return *end || errno ? otherwise : value;
}

int usvf_read_link_name(int at, const char *path, char *name, size_t size) {
    char target[512];
    ssize_t length = readlinkat(at, path, target, sizeof target - 1);
    if (length < 0)
        return -1;
    target[length] = 0;
    const char *slash = strrchr(target, '/');
    usvf_copy(name, size, slash ? slash + 1 : target);
    return 0;
}

int usvf_write_text(int at, const char *path, const char *text) {
    int file = openat(at, path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return -1;
    ssize_t written = write(file, text, strlen(text));
    int problem = errno;
    close(file);
    errno = problem;
    return written < 0 ? -1 : 0;
}
