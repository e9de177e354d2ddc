// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

/** An event that may change the health of a pair. */
sealed interface PairEvent {
    /** The VM was started with this pair in its definition. */
    record Started() implements PairEvent {}

    /** The VM no longer runs on this host. */
    record Stopped() implements PairEvent {}

    /** The configured and the live definition of this pair differ. */
    record Diverged() implements PairEvent {}

    /** They are the same again. */
    record Converged() implements PairEvent {}

    /** The guest's driver negotiated standby, and QEMU plugs the primary. Source: QMP FAILOVER_NEGOTIATED. */
    record Negotiated() implements PairEvent {}

    /** QEMU reports the primary as hidden. */
    record SeenHidden() implements PairEvent {}

    /** QEMU has the primary, and the guest has not enabled it: read from QEMU, or a device was plugged. */
    record SeenPlugged() implements PairEvent {}

    /** The guest has enabled the primary. */
    record SeenEnabled() implements PairEvent {}

    /** QEMU does not have the primary, though it should. */
    record SeenMissing() implements PairEvent {}

    /** QEMU requested the guest to release the primary. Source: QMP UNPLUG_PRIMARY. */
    record UnplugRequested() implements PairEvent {}

    /** The guest has released the primary. Source: QMP wait-unplug then active, or DEVICE_DELETED. */
    record Released() implements PairEvent {}

    /** The migration or the unplug was abandoned; QEMU plugs the primary again if the guest had released it. */
    record UnplugAborted() implements PairEvent {}

    /** The guest was reset. The primary stays plugged, but no driver holds it. */
    record WasReset() implements PairEvent {}

    /** The host reports the VF as missing or unusable, whatever QEMU reports. */
    record VfLost() implements PairEvent {}
}
