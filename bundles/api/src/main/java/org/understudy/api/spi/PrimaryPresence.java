// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

/** The state of a primary in QEMU. */
public enum PrimaryPresence {
    /** QEMU has no such device. */
    ABSENT,
    /** QEMU hides it until the guest negotiates standby. */
    HIDDEN,
    /** QEMU has the device; the guest has not enabled it. */
    PLUGGED,
    /** The guest has enabled its memory decoding: a driver uses it. Source: QMP query-pci, mapped BARs. */
    ENABLED,
    /** QEMU did not answer. */
    UNKNOWN
}
