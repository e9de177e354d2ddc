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
 * libvirt keeps bare pointers to the callbacks, so they are fields.
 */
public final class DomainEvents {
    private static final Logger LOG = LoggerFactory.getLogger(DomainEvents.class);

    private final HostEventQueue events;
    private final OutgoingDomains outgoingDomains;
    private final BiFunction<VmName, Alias, Alias> names;
    private final Scheduler scheduler;
    private final HostClock hostClock;
    private volatile boolean monitored;

    private final DomainCallback.Lifecycle lifecycle = this::lifecycle;
    private final DomainCallback.Generic reboot = (c, d, o) ->
            publish(d, vm -> monitored ? Optional.empty() : Optional.of(new HostEvent.WasReset(vm, now())));
    private final DomainCallback.Device removed =
            (c, d, alias, o) -> publish(d, alias, (vm, a) -> new HostEvent.DeviceGone(vm, now(), a));
    private final DomainCallback.Device added =
            (c, d, alias, o) -> publish(d, alias, (vm, a) -> new HostEvent.DevicePlugged(vm, now(), a));
    private final DomainCallback.Device removalFailed =
            (c, d, alias, o) -> publish(d, alias, (vm, a) -> new HostEvent.UnplugRefused(vm, now(), a));
    private final DomainCallback.Metadata metadata =
            (c, d, type, namespace, o) -> publish(d, vm -> Optional.of(new HostEvent.DefinitionChanged(vm, now())));
    private final DomainCallback.Iteration iteration =
            (c, d, pass, o) -> publish(d, vm -> Optional.of(new HostEvent.MemoryPass(vm, now(), pass)));
    private final DomainCallback.JobCompleted jobCompleted = (c, d, parameters, count, o) -> publish(
            d,
            vm -> TypedParameters.unsigned(parameters, count, "downtime")
                    .map(millis -> new HostEvent.MigrationMeasured(vm, now(), Duration.ofMillis(millis))));
    private final DomainCallback.Monitor monitor = (c, d, event, seconds, micros, details, o) ->
            publish(d, vm -> MonitorEvent.map(vm, localTime(seconds, micros), event, details, this::nameOf));

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

    /** Callbacks by event number. Source: libvirt's virDomainEventID. */
    Map<Integer, DomainCallback> callbacks() {
        return Map.of(
                0,
                lifecycle,
                1,
                reboot,
                15,
                removed,
                19,
                added,
                20,
                iteration,
                21,
                jobCompleted,
                22,
                removalFailed,
                23,
                metadata);
    }

    DomainCallback.Monitor monitor() {
        return monitor;
    }

    /** Set if QEMU monitor events arrive as well: an event that both report is taken from QEMU, for its timestamp. */
    void monitored(boolean available) {
        monitored = available;
    }

    boolean monitored() {
        return monitored;
    }

    private void lifecycle(Pointer connect, Pointer domain, int event, int detail, Pointer opaque) {
        publish(domain, vm -> LifecycleEvents.map(vm, now(), event, detail, monitored, outgoingDomains.contains(vm)));
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
