// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.time.Duration;
import java.time.Instant;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.Alias;
import org.understudy.api.VmName;

/**
 * An event of a VM on a host. {@link #at} is QEMU's time of the event, converted to this server's clock, or the time of its
 * arrival if QEMU gives none.
 */
@ProviderType
public sealed interface HostEvent {
    /** {@return the VM} */
    VmName vm();

    /** {@return when it happened, by this server's clock} */
    Instant at();

    /**
     * A VM was defined, replaced or undefined.
     *
     * @param vm the VM
     * @param at when it happened
     */
    record DefinitionChanged(VmName vm, Instant at) implements HostEvent {}

    /**
     * Events of a VM were missed: the queue was full, or the host or its QEMU was unreachable. The last known state of the VM
     * may be wrong, so it is read from the host again.
     *
     * @param vm the VM
     * @param at when the last of them was missed
     */
    record EventsMissed(VmName vm, Instant at) implements HostEvent {}

    /**
     * A VM was started.
     *
     * @param vm the VM
     * @param at when it happened
     */
    record Started(VmName vm, Instant at) implements HostEvent {}

    /**
     * A VM has ended.
     *
     * @param vm the VM
     * @param at when it happened
     * @param reason such as {@code guest shutdown}, {@code destroyed}, {@code QEMU exited with 1: ...}
     */
    record Stopped(VmName vm, Instant at, String reason) implements HostEvent {}

    /**
     * The vCPUs were paused. Source: QMP STOP.
     *
     * @param vm the VM
     * @param at when it happened
     */
    record Paused(VmName vm, Instant at) implements HostEvent {}

    /**
     * The vCPUs were resumed. Source: QMP RESUME.
     *
     * @param vm the VM
     * @param at when it happened
     */
    record Resumed(VmName vm, Instant at) implements HostEvent {}

    /**
     * The guest was reset. Source: QMP RESET.
     *
     * @param vm the VM
     * @param at when it happened
     */
    record WasReset(VmName vm, Instant at) implements HostEvent {}

    /**
     * The guest's driver negotiated standby; QEMU plugs the primary now. Source: QMP FAILOVER_NEGOTIATED.
     *
     * @param vm the VM
     * @param at when it happened
     * @param standby the standby NIC's alias
     */
    record StandbyNegotiated(VmName vm, Instant at, Alias standby) implements HostEvent {}

    /**
     * QEMU requested the guest to release the primary; no proof of the release. Source: QMP UNPLUG_PRIMARY.
     *
     * @param vm the VM
     * @param at when it happened
     * @param primary the primary's alias
     */
    record UnplugRequested(VmName vm, Instant at, Alias primary) implements HostEvent {}

    /**
     * The guest released a device outside a migration. Source: QMP DEVICE_DELETED.
     *
     * @param vm the VM
     * @param at when it happened
     * @param device the device's alias
     */
    record DeviceGone(VmName vm, Instant at, Alias device) implements HostEvent {}

    /**
     * A device was plugged on request.
     *
     * @param vm the VM
     * @param at when it happened
     * @param device the device's alias
     */
    record DevicePlugged(VmName vm, Instant at, Alias device) implements HostEvent {}

    /**
     * The guest refused to release a device. Source: QMP DEVICE_UNPLUG_GUEST_ERROR; MEM_UNPLUG_ERROR is not delivered.
     *
     * @param vm the VM
     * @param at when it happened
     * @param device the device's alias
     */
    record UnplugRefused(VmName vm, Instant at, Alias device) implements HostEvent {}

    /**
     * A migration entered another phase. Source: QMP MIGRATION.
     *
     * @param vm the VM
     * @param at when it happened
     * @param phase the phase it entered
     */
    record MigrationChanged(VmName vm, Instant at, MigrationPhase phase) implements HostEvent {}

    /**
     * The source starts another pass over the memory. Source: QMP MIGRATION_PASS; libvirt's
     * VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION.
     *
     * @param vm the VM
     * @param at when it happened
     * @param pass 1 for the first
     */
    record MemoryPass(VmName vm, Instant at, int pass) implements HostEvent {}

    /**
     * The measurement of the source after a complete migration. Source: libvirt's VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
     * VIR_DOMAIN_JOB_DOWNTIME.
     *
     * @param vm the VM
     * @param at when it happened
     * @param downtime how long the guest did not run, as measured by the source
     */
    record MigrationMeasured(VmName vm, Instant at, Duration downtime) implements HostEvent {}
}
