// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

/** What can happen to a pair, as far as its health is concerned. */
sealed interface PairEvent {
    /** The VM was started with this pair in its definition. */
    record Started() implements PairEvent {}

    /** The VM does not run here any more. */
    record Stopped() implements PairEvent {}

    /** Configured and live definition disagree about this pair. */
    record Diverged() implements PairEvent {}

    /** They agree again. */
    record Converged() implements PairEvent {}

    /** The guest's driver took standby, and QEMU plugs the primary. Source: QMP FAILOVER_NEGOTIATED. */
    record Negotiated() implements PairEvent {}

    /** QEMU says that it keeps the primary back. */
    record SeenHidden() implements PairEvent {}

    /** QEMU has the primary, and the guest has not enabled it: asked for, or a device was plugged. */
    record SeenPlugged() implements PairEvent {}

    /** The guest has enabled the primary. */
    record SeenEnabled() implements PairEvent {}

    /** QEMU does not have the primary, though it should. */
    record SeenMissing() implements PairEvent {}

    /** QEMU asked the guest for the primary. Source: QMP UNPLUG_PRIMARY. */
    record UnplugRequested() implements PairEvent {}

    /** The guest has let the primary go: wait-unplug then active, or DEVICE_DELETED. */
    record Released() implements PairEvent {}

    /** The migration, or the unplug, was given up; QEMU plugs the primary again if the guest had let it go. */
    record TakenBack() implements PairEvent {}

    /** The guest was reset. The primary stays plugged, but no driver holds it. */
    record WasReset() implements PairEvent {}

    /** The host says that the VF is gone or unusable, whatever QEMU still has. */
    record VfLost() implements PairEvent {}
}
