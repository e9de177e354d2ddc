// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** The kind of device that is the primary of a pair. */
public enum PrimaryKind {
    /** A VF passed through by VFIO. */
    VF,
    /** An emulated PCIe NIC in place of a VF; not for production. */
    EMULATED
}
