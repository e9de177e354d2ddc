// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.time.Duration;
import java.time.Instant;
import org.understudy.api.Alias;
import org.understudy.api.VmName;

/**
 * Something that happened on a host. {@link #at} is the time QEMU gave the event, as this server's clock would tell
 * it, or that of its arrival where QEMU gives none.
 */
public sealed interface HostEvent {
    VmName vm();

    Instant at();

    /** A VM was defined, replaced or undefined. */
    record DefinitionChanged(VmName vm, Instant at) implements HostEvent {}

    record Started(VmName vm, Instant at) implements HostEvent {}

    /** @param reason such as {@code guest shutdown}, {@code destroyed}, {@code QEMU exited with 1: ...} */
    record Stopped(VmName vm, Instant at, String reason) implements HostEvent {}

    /** vCPUs stopped. Source: QMP STOP. */
    record Paused(VmName vm, Instant at) implements HostEvent {}

    /** vCPUs run. Source: QMP RESUME. */
    record Resumed(VmName vm, Instant at) implements HostEvent {}

    /** The guest was reset. Source: QMP RESET. */
    record WasReset(VmName vm, Instant at) implements HostEvent {}

    /** The guest's driver took standby; the primary is plugged now. Source: QMP FAILOVER_NEGOTIATED. */
    record StandbyNegotiated(VmName vm, Instant at, Alias standby) implements HostEvent {}

    /** QEMU asked the guest for the primary; no proof that it let go. Source: QMP UNPLUG_PRIMARY. */
    record UnplugRequested(VmName vm, Instant at, Alias primary) implements HostEvent {}

    /** The guest released a device outside a migration. Source: QMP DEVICE_DELETED. */
    record DeviceGone(VmName vm, Instant at, Alias device) implements HostEvent {}

    /** A device was plugged on request. */
    record DevicePlugged(VmName vm, Instant at, Alias device) implements HostEvent {}

    /** Source: QMP DEVICE_UNPLUG_GUEST_ERROR, MEM_UNPLUG_ERROR is not passed on. */
    record UnplugRefused(VmName vm, Instant at, Alias device) implements HostEvent {}

    /** Source: QMP MIGRATION. */
    record MigrationChanged(VmName vm, Instant at, MigrationPhase phase) implements HostEvent {}

    /**
     * The sender goes through the memory once more. Source: QMP MIGRATION_PASS; libvirt's
     * VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION.
     *
     * @param pass 1 for the first
     */
    record MemoryPass(VmName vm, Instant at, int pass) implements HostEvent {}

    /**
     * What the sender says of a migration that is complete. Source: libvirt's VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
     * VIR_DOMAIN_JOB_DOWNTIME.
     *
     * @param downtime how long the guest did not run, as far as the sender knows
     */
    record MigrationMeasured(VmName vm, Instant at, Duration downtime) implements HostEvent {}
}
