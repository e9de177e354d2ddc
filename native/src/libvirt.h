/* SPDX-License-Identifier: Apache-2.0 */
/* What libvirt has assigned to VMs, by its files in /run. */
#ifndef USVF_LIBVIRT_H
#define USVF_LIBVIRT_H

#include "internal.h"

/* A function that is assigned to a VM, by its address or by its number on a PF. */
struct usvf_assignment {
    struct usvf_address vf;
    char pf[16]; /* empty: the address counts */
    unsigned index;
    char vm[64]; /* empty: unknown */
};

struct usvf_libvirt {
    struct usvf_assignment *rows;
    size_t count;
    char unreadable[200]; /* the first file that could not be read, and why; empty: none */
    bool denied;          /* for lack of permission */
};

/* Never fails: the result names what could not be read. The caller frees it. */
void usvf_libvirt_read(const struct usvf_roots *roots, struct usvf_libvirt *libvirt);
void usvf_libvirt_free(struct usvf_libvirt *libvirt);

/* USVF_REFUSED if the VF is assigned to a VM. strict: also if that cannot be determined */
int usvf_libvirt_check(const struct usvf_roots *roots, const struct usvf_pf *pf, const struct usvf_vf *vf, bool strict,
    struct usvf_error *error);

/* True if the VF is assigned to a VM; the reason names the VM. pf: the PF's netdev */
bool usvf_libvirt_assigned(const struct usvf_libvirt *libvirt, const char *pf, const struct usvf_vf *vf, char *reason, size_t size);

/* Gets a PCI address and the name of the VM; false ends the scan. */
typedef bool usvf_xml_visitor(void *context, struct usvf_address address, const char *vm);

/*
 * Visits the PCI addresses in <source> and <plug>. False unless the text is one whole, well-formed document of the kinds
 * above, and every such address is complete. The text is followed by a zero byte.
 */
bool usvf_xml_sources(const char *text, size_t size, usvf_xml_visitor *visit, void *context);

#endif
