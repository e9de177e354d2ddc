/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of XML as libvirt writes: elements, attributes, text, comments, a declaration. Anything else, or a part of a
 * document, is rejected, because it may hide an address.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libvirt.h"

#define MOST_DEPTH 64

/* A part of the text. */
struct part {
    const char *at;
    size_t size;
};

struct scan {
    const char *at, *end;
    struct part open[MOST_DEPTH]; /* the names of the enclosing elements */
    size_t depth;
    char vm[64];
    usvf_xml_visitor *visit;
    void *context;
    bool root; /* seen */
};

static bool is(struct part part, const char *word) {
    return part.size == strlen(word) && memcmp(part.at, word, part.size) == 0;
}

/* The name of an enclosing element: 0 is the nearest. */
static bool within(const struct scan *scan, size_t up, const char *name) {
    return scan->depth > up && is(scan->open[scan->depth - 1 - up], name);
}

static bool begins(const struct scan *scan, const char *word) {
    size_t length = strlen(word);
    return (size_t)(scan->end - scan->at) >= length && memcmp(scan->at, word, length) == 0;
}

static bool skip_past(struct scan *scan, const char *word) {
    const char *found = memmem(scan->at, (size_t)(scan->end - scan->at), word, strlen(word));
    if (found)
        scan->at = found + strlen(word);
    return found;
}

static void skip_blanks(struct scan *scan) {
    while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) && *scan->at)
        scan->at++;
}

static bool read_name(struct scan *scan, struct part *name) {
    name->at = scan->at;
    while (scan->at < scan->end && *scan->at && !strchr(" \t\r\n=/<>'\"&!?", *scan->at))
        scan->at++;
    name->size = (size_t)(scan->at - name->at);
    return name->size > 0;
}

static bool read_value(struct scan *scan, struct part *value) {
    skip_blanks(scan);
    if (scan->at == scan->end || *scan->at++ != '=')
        return false;
    skip_blanks(scan);
    if (scan->at == scan->end || (*scan->at != '\'' && *scan->at != '"'))
        return false;
    char quote = *scan->at++;
    value->at = scan->at;
    const char *close = memchr(scan->at, quote, (size_t)(scan->end - scan->at));
    if (!close || memchr(value->at, '<', (size_t)(close - value->at)))
        return false;
    value->size = (size_t)(close - value->at);
    scan->at = close + 1;
    return true;
}

/* libvirt writes hexadecimal numbers and reads decimal ones as well. */
static bool read_number(struct part value, unsigned long most, unsigned long *number) {
    char text[16], *end;
    if (value.size == 0 || value.size >= sizeof text || value.at[0] < '0' || value.at[0] > '9')
        return false;
    memcpy(text, value.at, value.size);
    text[value.size] = 0;
    errno = 0;
    *number = strtoul(text, &end, 0);
    return !*end && errno == 0 && *number <= most;
}

/* The attributes of an <address>. */
struct address_attributes {
    bool pci, other, domain, bus, slot, function;
    unsigned long domain_number, bus_number, slot_number, function_number;
    bool damaged;
};

static void read_attribute(struct address_attributes *address, struct part name, struct part value) {
    if (is(name, "type")) {
        address->pci = is(value, "pci");
        address->other = !address->pci;
    } else if (is(name, "domain")) {
        address->domain = true;
        address->damaged |= !read_number(value, UINT32_MAX, &address->domain_number);
    } else if (is(name, "bus")) {
        address->bus = read_number(value, 255, &address->bus_number);
    } else if (is(name, "slot")) {
        address->slot = read_number(value, 31, &address->slot_number);
    } else if (is(name, "function")) {
        address->function = read_number(value, 7, &address->function_number);
    }
}

/* Addresses of other kinds, such as of USB, have neither domain nor slot. */
static bool visit_address(struct scan *scan, const struct address_attributes *attributes) {
    if (attributes->other || (!attributes->pci && !attributes->domain && !attributes->slot))
        return true;
    struct usvf_address address = {(uint32_t)attributes->domain_number, (uint8_t)attributes->bus_number, (uint8_t)attributes->slot_number,
        (uint8_t)attributes->function_number};
    return attributes->domain && attributes->bus && attributes->slot && attributes->function && !attributes->damaged &&
        scan->visit(scan->context, address, scan->vm);
}

static bool read_element(struct scan *scan) {
    struct part name, attribute, value;
    struct address_attributes address = {0};
    bool empty = false;
    if (!read_name(scan, &name) || scan->depth == MOST_DEPTH)
        return false;
    bool visited = is(name, "address") && (within(scan, 0, "source") || within(scan, 0, "plug"));
    for (skip_blanks(scan); scan->at < scan->end && *scan->at != '>' && *scan->at != '/'; skip_blanks(scan)) {
        if (!read_name(scan, &attribute) || !read_value(scan, &value))
            return false;
        read_attribute(&address, attribute, value);
    }
    if (scan->at < scan->end && *scan->at == '/') {
        empty = true;
        scan->at++;
    }
    if (scan->at == scan->end || *scan->at++ != '>')
        return false;
    if (scan->depth == 0 && (scan->root || empty || (!is(name, "domstatus") && !is(name, "networkport"))))
        return false;
    scan->root = true;
    if (!empty)
        scan->open[scan->depth++] = name;
    return !visited || visit_address(scan, &address);
}

static bool read_end(struct scan *scan) {
    struct part name;
    if (!read_name(scan, &name) || scan->depth == 0)
        return false;
    skip_blanks(scan);
    struct part opened = scan->open[--scan->depth];
    return scan->at < scan->end && *scan->at++ == '>' && opened.size == name.size &&
        memcmp(opened.at, name.at, name.size) == 0;
}

/* For messages only, so what is not plain ASCII may be lost. */
static void read_vm(struct scan *scan, struct part text) {
    size_t length = text.size < sizeof scan->vm ? text.size : sizeof scan->vm - 1;
    for (size_t i = 0; i < length; i++)
        scan->vm[i] = text.at[i] < ' ' || text.at[i] > '~' ? '?' : text.at[i];
    scan->vm[length] = 0;
}

static bool read_text(struct scan *scan) {
    const char *next = memchr(scan->at, '<', (size_t)(scan->end - scan->at));
    struct part text = {scan->at, (size_t)((next ? next : scan->end) - scan->at)};
    scan->at = text.at + text.size;
    if (!scan->vm[0] && within(scan, 0, "name") && (within(scan, 1, "domain") || within(scan, 1, "owner")))
        read_vm(scan, text);
    if (scan->depth > 0)
        return true;
    struct scan blanks = {.at = text.at, .end = scan->at};
    skip_blanks(&blanks);
    return blanks.at == blanks.end;
}

static bool read_next(struct scan *scan) {
    if (*scan->at != '<')
        return read_text(scan);
    if (begins(scan, "<!--"))
        return skip_past(scan, "-->");
    if (begins(scan, "<?"))
        return skip_past(scan, "?>");
    if (begins(scan, "</")) {
        scan->at += 2;
        return read_end(scan);
    }
    scan->at++;
    return read_element(scan);
}

bool usvf_xml_sources(const char *text, size_t size, usvf_xml_visitor *visit, void *context) {
    struct scan scan = {.at = text, .end = text + size, .visit = visit, .context = context};
    while (scan.at < scan.end)
        if (!read_next(&scan))
            return false;
    return scan.root && scan.depth == 0;
}
