// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

/** What QEMU says of a primary. */
public enum PrimaryPresence {
    /** QEMU has no such device. */
    ABSENT,
    /** QEMU keeps it back until the guest negotiates standby. */
    HIDDEN,
    /** QEMU has the device; the guest has not enabled it. */
    PLUGGED,
    /** The guest has enabled its memory decoding: a driver holds it. Source: QMP query-pci, mapped BARs. */
    ENABLED,
    /** QEMU did not answer. */
    UNKNOWN
}
