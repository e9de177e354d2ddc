// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** What stands as the primary of a pair. */
public enum PrimaryKind {
    /** A VF passed through by VFIO. */
    VF,
    /** An emulated PCIe NIC that plays the VF where a machine has none; never for production. */
    EMULATED
}
