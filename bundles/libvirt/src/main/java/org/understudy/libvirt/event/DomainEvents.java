// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.sun.jna.Pointer;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.Scheduler;
import org.understudy.libvirt.connect.NativeLibvirt;

/**
 * Converts libvirt callbacks into host events. A callback runs on libvirt's thread, hands off at once and never throws.
 * libvirt keeps bare pointers to the callbacks, so they are constants.
 */
public final class DomainEvents {
    private static final Logger LOG = LoggerFactory.getLogger(DomainEvents.class);

    private static final EventReceivers<DomainEvents> RECEIVERS = new EventReceivers<>();

    private static final DomainCallback.Lifecycle LIFECYCLE = (c, d, event, detail, to) -> RECEIVERS.deliver(
            to,
            e -> e.publish(
                    d,
                    vm -> LifecycleEvents.map(
                            vm, e.now(), event, detail, e.monitored, e.outgoingDomains.contains(vm))));
    private static final DomainCallback.Generic REBOOT = (c, d, to) -> RECEIVERS.deliver(
            to,
            e -> e.publish(d, vm -> e.monitored ? Optional.empty() : Optional.of(new HostEvent.WasReset(vm, e.now()))));
    private static final DomainCallback.Device REMOVED = (c, d, alias, to) ->
            RECEIVERS.deliver(to, e -> e.publish(d, alias, (vm, a) -> new HostEvent.DeviceGone(vm, e.now(), a)));
    private static final DomainCallback.Device ADDED = (c, d, alias, to) ->
            RECEIVERS.deliver(to, e -> e.publish(d, alias, (vm, a) -> new HostEvent.DevicePlugged(vm, e.now(), a)));
    private static final DomainCallback.Device REMOVAL_FAILED = (c, d, alias, to) ->
            RECEIVERS.deliver(to, e -> e.publish(d, alias, (vm, a) -> new HostEvent.UnplugRefused(vm, e.now(), a)));
    private static final DomainCallback.Metadata METADATA = (c, d, type, namespace, to) ->
            RECEIVERS.deliver(to, e -> e.publish(d, vm -> Optional.of(new HostEvent.DefinitionChanged(vm, e.now()))));
    private static final DomainCallback.Iteration ITERATION = (c, d, pass, to) ->
            RECEIVERS.deliver(to, e -> e.publish(d, vm -> Optional.of(new HostEvent.MemoryPass(vm, e.now(), pass))));
    private static final DomainCallback.JobCompleted JOB_COMPLETED = (c, d, parameters, count, to) -> RECEIVERS.deliver(
            to,
            e -> e.publish(
                    d,
                    vm -> TypedParameters.unsigned(parameters, count, "downtime")
                            .map(millis -> new HostEvent.MigrationMeasured(vm, e.now(), Duration.ofMillis(millis)))));
    private static final DomainCallback.Monitor MONITOR =
            (c, d, event, seconds, micros, details, to) -> RECEIVERS.deliver(
                    to,
                    e -> e.publish(
                            d, vm -> MonitorEvent.map(vm, e.localTime(seconds, micros), event, details, e::nameOf)));

    /** By event number. Source: libvirt's virDomainEventID. */
    private static final Map<Integer, DomainCallback> CALLBACKS = Map.of(
            0,
            LIFECYCLE,
            1,
            REBOOT,
            15,
            REMOVED,
            19,
            ADDED,
            20,
            ITERATION,
            21,
            JOB_COMPLETED,
            22,
            REMOVAL_FAILED,
            23,
            METADATA);

    private final HostEventQueue events;
    private final OutgoingDomains outgoingDomains;
    private final BiFunction<VmName, Alias, Alias> names;
    private final Scheduler scheduler;
    private final HostClock hostClock;
    private volatile boolean monitored;

    /**
     * @param names the names of devices by VM and alias; does not block
     * @param scheduler has the clock of this server
     */
    public DomainEvents(
            HostEventQueue events,
            OutgoingDomains outgoingDomains,
            BiFunction<VmName, Alias, Alias> names,
            Scheduler scheduler) {
        this.events = events;
        this.outgoingDomains = outgoingDomains;
        this.names = names;
        this.scheduler = scheduler;
        this.hostClock = new HostClock(scheduler);
    }

    /** The callbacks of all hosts, by event number. */
    static Map<Integer, DomainCallback> callbacks() {
        return CALLBACKS;
    }

    static DomainCallback.Monitor monitor() {
        return MONITOR;
    }

    /** Returns what libvirt is to pass to the callbacks of a registration. */
    Pointer receive() {
        return RECEIVERS.add(this);
    }

    static void end(Pointer registration) {
        RECEIVERS.remove(registration);
    }

    /** Set if QEMU monitor events arrive as well: an event that both report is taken from QEMU, for its timestamp. */
    void monitored(boolean available) {
        monitored = available;
    }

    boolean monitored() {
        return monitored;
    }

    private Instant localTime(long seconds, int micros) {
        return hostClock.toLocal(Instant.ofEpochSecond(seconds, micros * 1000L));
    }

    private Instant now() {
        return scheduler.instant();
    }

    private Alias nameOf(VmName vm, String alias) {
        return names.apply(vm, new Alias(alias));
    }

    private void publish(Pointer domain, String alias, BiFunction<VmName, Alias, HostEvent> event) {
        publish(domain, vm -> Optional.of(event.apply(vm, nameOf(vm, alias))));
    }

    private void publish(Pointer domain, Function<VmName, Optional<HostEvent>> event) {
        try {
            event.apply(new VmName(NativeLibvirt.INSTANCE.virDomainGetName(domain)))
                    .ifPresent(events::publish);
        } catch (RuntimeException | Error e) {
            LOG.warn("Domain event could not be published", e);
        }
    }
}
