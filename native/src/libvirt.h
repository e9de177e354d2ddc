/* SPDX-License-Identifier: Apache-2.0 */
/* What libvirt has given to VMs, as its files in /run tell. */
#ifndef USVF_LIBVIRT_H
#define USVF_LIBVIRT_H

#include "internal.h"

/* A function that a VM has, by its address or by its number on a PF. */
struct usvf_taken {
    struct usvf_address vf;
    char pf[16]; /* empty: the address counts */
    unsigned index;
    char vm[64]; /* empty: of a VM that is not known */
};

struct usvf_libvirt {
    struct usvf_taken *rows;
    size_t count;
    char unknown[200]; /* what could not be told; empty: all was */
    bool denied;       /* that was for want of rights */
};

/* Never fails: what cannot be told is noted. The caller frees it. */
void usvf_libvirt_read(const struct usvf_roots *roots, struct usvf_libvirt *libvirt);
void usvf_libvirt_free(struct usvf_libvirt *libvirt);

/* USVF_REFUSED if a VM has the VF. sure: also if that cannot be told */
int usvf_libvirt_check(const struct usvf_roots *roots, const struct usvf_pf *pf, const struct usvf_vf *vf, bool sure,
    struct usvf_error *error);

/* True if a VM has the VF; says which. pf: the PF's netdev */
bool usvf_libvirt_has(const struct usvf_libvirt *libvirt, const char *pf, const struct usvf_vf *vf, char *reason, size_t size);

/* Gets a PCI address and the name of the VM; false ends the scan. */
typedef bool usvf_xml_visitor(void *context, struct usvf_address address, const char *vm);

/*
 * Visits the PCI addresses in <source> and <plug>. False unless the text is one whole, well-formed document of the kinds
 * above, and every such address can be told. The text is followed by a zero byte.
 */
bool usvf_xml_sources(const char *text, size_t size, usvf_xml_visitor *visit, void *context);

#endif
