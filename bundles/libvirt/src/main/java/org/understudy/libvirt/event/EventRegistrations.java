// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.libvirt.connect.LibvirtFailure;
import org.understudy.libvirt.connect.NativeConnect;
import org.understudy.libvirt.connect.NativeLibvirt;
import org.understudy.libvirt.connect.NativeLibvirtQemu;
import org.understudy.libvirt.connect.Registrations;

/** Registers the callbacks on each new connection and takes them back. What a server does not know is left out. */
public final class EventRegistrations implements Registrations {
    private static final Logger LOG = LoggerFactory.getLogger(EventRegistrations.class);

    /** Source: libvirt's virNetworkEventID. */
    private static final int NETWORK_LIFECYCLE = 0;

    private final DomainEvents events;
    private final NetworkEvents networks;
    private final Runnable afterReturn;
    private final Map<NativeConnect, Registered> registered = new ConcurrentHashMap<>();

    /** The numbers libvirt gave. @param monitor that of QEMU's events */
    private record Registered(List<Integer> events, Optional<Integer> monitor, Optional<Integer> networks) {}

    /** @param afterReturn run when a lost connection is back */
    public EventRegistrations(DomainEvents events, NetworkEvents networks, Runnable afterReturn) {
        this.events = events;
        this.networks = networks;
        this.afterReturn = afterReturn;
    }

    @Override
    public void register(NativeConnect connect) {
        Pointer pointer = connect.pointer();
        List<Integer> numbers = new ArrayList<>();
        registered.put(connect, new Registered(numbers, Optional.empty(), Optional.empty()));
        events.callbacks()
                .forEach((event, callback) -> number(
                                "event " + event,
                                NativeLibvirt.INSTANCE.virConnectDomainEventRegisterAny(
                                        pointer, Pointer.NULL, event, callback, Pointer.NULL, Pointer.NULL))
                        .ifPresent(numbers::add));
        Optional<Integer> network = network(connect);
        registered.put(connect, new Registered(numbers, Optional.empty(), network));
        Optional<Integer> monitor = monitor(pointer);
        registered.put(connect, new Registered(numbers, monitor, network));
        events.monitored(monitor.isPresent());
    }

    /** Whether the events of QEMU's monitor are heard. */
    public boolean monitored() {
        return events.monitored();
    }

    /** Networks have a daemon of their own on some hosts, which may not run: VMs can be driven all the same. */
    private Optional<Integer> network(NativeConnect connect) {
        int answer = NativeLibvirt.INSTANCE.virConnectNetworkEventRegisterAny(
                connect.pointer(), Pointer.NULL, NETWORK_LIFECYCLE, networks.lifecycle(), Pointer.NULL, Pointer.NULL);
        try {
            return number("events of networks", answer);
        } catch (UnderstudyException e) {
            if (!connect.answers()) {
                throw e;
            }
            LOG.info("{}; what becomes of its networks is not heard", e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<Integer> monitor(Pointer pointer) {
        try {
            return number(
                    "events of QEMU's monitor",
                    NativeLibvirtQemu.INSTANCE.virConnectDomainQemuMonitorEventRegister(
                            pointer,
                            Pointer.NULL,
                            MonitorEvent.WANTED,
                            events.monitor(),
                            Pointer.NULL,
                            Pointer.NULL,
                            NativeLibvirtQemu.REGEX));
        } catch (LinkageError e) {
            LOG.warn("This server has no libvirt-qemu library; the signs of a guest's cooperation are not heard", e);
            return Optional.empty();
        }
    }

    /** Empty if the server does not know it or does not allow it. */
    private static Optional<Integer> number(String what, int answer) {
        if (answer >= 0) {
            return Optional.of(answer);
        }
        UnderstudyException failure = LibvirtFailure.last("register for " + what);
        if (failure.code() == ErrorCode.NOT_SUPPORTED || failure.code() == ErrorCode.NOT_PERMITTED) {
            LOG.debug("{}", failure.getMessage());
            return Optional.empty();
        }
        throw failure;
    }

    @Override
    public void deregister(NativeConnect connect) {
        Registered old = registered.remove(connect);
        if (old == null) {
            return;
        }
        Pointer pointer = connect.pointer();
        old.events().forEach(n -> tryTo(NativeLibvirt.INSTANCE.virConnectDomainEventDeregisterAny(pointer, n)));
        old.networks().ifPresent(n -> tryTo(NativeLibvirt.INSTANCE.virConnectNetworkEventDeregisterAny(pointer, n)));
        old.monitor()
                .ifPresent(
                        n -> tryTo(NativeLibvirtQemu.INSTANCE.virConnectDomainQemuMonitorEventDeregister(pointer, n)));
    }

    /** A dead connection forgets its callbacks all the same; only the other side cannot be told. */
    private static void tryTo(int answer) {
        if (answer < 0) {
            LOG.debug("{}", LibvirtFailure.last("deregister an event").getMessage());
        }
    }

    @Override
    public void returned() {
        afterReturn.run();
    }
}
