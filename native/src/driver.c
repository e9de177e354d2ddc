/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and sets the driver of a function. Source: Documentation/ABI/testing/sysfs-bus-pci of the kernel. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static int open_pci(const struct usvf_roots *roots) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/bus/pci", usvf_sysfs(roots));
    return usvf_open_folder(AT_FDCWD, path);
}

void usvf_driver_read(const struct usvf_roots *roots, struct usvf_address vf, char *override, size_t override_size,
    char *driver, size_t driver_size) {
    char text[USVF_ADDRESS_TEXT], path[64];
    usvf_address_text(vf, text);
    override[0] = driver[0] = 0;
    int pci = open_pci(roots);
    if (pci < 0)
        return;
    snprintf(path, sizeof path, "devices/%s/driver_override", text);
    if (usvf_read_text(pci, path, override, override_size) < 0 || strcmp(override, "(null)") == 0)
        override[0] = 0;
    snprintf(path, sizeof path, "devices/%s/driver", text);
    if (usvf_read_link_name(pci, path, driver, driver_size) != 0)
        driver[0] = 0;
    close(pci);
}

static int write_at(int pci, const char *value, struct usvf_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int write_at(int pci, const char *value, struct usvf_error *error, const char *format, ...) {
    char path[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    if (usvf_write_text(pci, path, value) == 0)
        return USVF_OK;
    return usvf_fail(error, usvf_code_of(errno), "%s: '%.*s' cannot be written: %s", path, (int)strcspn(value, "\n"), value,
        strerror(errno));
}

int usvf_driver_set(const struct usvf_roots *roots, struct usvf_address vf, const char *override, const char *driver,
    struct usvf_error *error) {
    char text[USVF_ADDRESS_TEXT], current[32], now[32];
    usvf_address_text(vf, text);
    usvf_driver_read(roots, vf, now, sizeof now, current, sizeof current);
    int pci = open_pci(roots);
    if (pci < 0)
        return usvf_fail(error, usvf_code_of(errno), "PCI bus cannot be read: %s", strerror(errno));
    int result = USVF_OK;
    if (strcmp(now, override) != 0)
        result = write_at(pci, override[0] ? override : "\n", error, "devices/%s/driver_override", text);
    bool other = strcmp(current, driver) != 0;
    if (result == USVF_OK && other && current[0])
        result = write_at(pci, text, error, "drivers/%s/unbind", current);
    if (result == USVF_OK && other && driver[0])
        result = write_at(pci, text, error, "drivers/%s/bind", driver);
    close(pci);
    if (result != USVF_OK)
        return result;
    usvf_driver_read(roots, vf, now, sizeof now, current, sizeof current);
    if (strcmp(current, driver) != 0 || strcmp(now, override) != 0)
        return usvf_fail(error, USVF_FAILED, "VF %s has driver '%s' instead of '%s' after the change", text, current, driver);
    return USVF_OK;
}
