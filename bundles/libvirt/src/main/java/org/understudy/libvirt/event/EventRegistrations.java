// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.sun.jna.Callback;
import com.sun.jna.Pointer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.libvirt.connect.ConnectionListener;
import org.understudy.libvirt.connect.LibvirtFailure;
import org.understudy.libvirt.connect.NativeConnect;
import org.understudy.libvirt.connect.NativeLibvirt;
import org.understudy.libvirt.connect.NativeLibvirtQemu;

/** Registers the callbacks on each new connection and deregisters them. Events that a server does not support are skipped. */
public final class EventRegistrations implements ConnectionListener {
    private static final Logger LOG = LoggerFactory.getLogger(EventRegistrations.class);

    /** Source: libvirt's virNetworkEventID. */
    private static final int NETWORK_LIFECYCLE = 0;
    /** Source: libvirt's virNodeDeviceEventID. */
    private static final int DEVICE_LIFECYCLE = 0;

    private static final int DEVICE_UPDATE = 1;

    private final DomainEvents events;
    private final ChangeNotifier networks;
    private final ChangeNotifier devices;
    private final Runnable afterLoss;
    private final Runnable afterReconnect;
    private final Map<NativeConnect, Registration> registered = new ConcurrentHashMap<>();

    /** What libvirt passes to the callbacks of a connection, and the calls that deregister them. */
    private record Registration(Pointer events, Pointer networks, Pointer devices, List<IntSupplier> deregistrations) {
        void end() {
            deregistrations.forEach(deregistration -> logFailure(deregistration.getAsInt()));
            DomainEvents.end(events);
            ChangeNotifier.end(networks);
            ChangeNotifier.end(devices);
        }
    }

    /**
     * @param devices also notified when a connection is closed
     * @param afterLoss runs after a connection was lost; must not block
     * @param afterReconnect runs after a lost connection is open again
     */
    public EventRegistrations(
            DomainEvents events,
            ChangeNotifier networks,
            ChangeNotifier devices,
            Runnable afterLoss,
            Runnable afterReconnect) {
        this.events = events;
        this.networks = networks;
        this.devices = devices;
        this.afterLoss = afterLoss;
        this.afterReconnect = afterReconnect;
    }

    @Override
    public void register(NativeConnect connect) {
        Pointer pointer = connect.pointer();
        Registration fresh =
                new Registration(events.receive(), networks.receive(), devices.receive(), new CopyOnWriteArrayList<>());
        registered.put(connect, fresh);
        DomainEvents.callbacks()
                .forEach((event, callback) -> callbackId(
                                "event " + event,
                                NativeLibvirt.INSTANCE.virConnectDomainEventRegisterAny(
                                        pointer, Pointer.NULL, event, callback, fresh.events(), Pointer.NULL))
                        .ifPresent(n -> fresh.deregistrations()
                                .add(() -> NativeLibvirt.INSTANCE.virConnectDomainEventDeregisterAny(pointer, n))));
        registerNetworkEvents(connect, fresh);
        registerDeviceEvents(connect, DEVICE_LIFECYCLE, ChangeNotifier.lifecycle(), fresh);
        registerDeviceEvents(connect, DEVICE_UPDATE, ChangeNotifier.update(), fresh);
        Optional<Integer> monitor = registerMonitorEvents(pointer, fresh);
        monitor.ifPresent(n -> fresh.deregistrations()
                .add(() -> NativeLibvirtQemu.INSTANCE.virConnectDomainQemuMonitorEventDeregister(pointer, n)));
        events.monitored(monitor.isPresent());
    }

    /** True if QEMU monitor events are delivered. */
    public boolean monitored() {
        return events.monitored();
    }

    private void registerNetworkEvents(NativeConnect connect, Registration fresh) {
        Pointer pointer = connect.pointer();
        registerOptional(
                        connect,
                        networks,
                        NativeLibvirt.INSTANCE.virConnectNetworkEventRegisterAny(
                                pointer,
                                Pointer.NULL,
                                NETWORK_LIFECYCLE,
                                ChangeNotifier.lifecycle(),
                                fresh.networks(),
                                Pointer.NULL))
                .ifPresent(n -> fresh.deregistrations()
                        .add(() -> NativeLibvirt.INSTANCE.virConnectNetworkEventDeregisterAny(pointer, n)));
    }

    private void registerDeviceEvents(NativeConnect connect, int event, Callback callback, Registration fresh) {
        Pointer pointer = connect.pointer();
        registerOptional(
                        connect,
                        devices,
                        NativeLibvirt.INSTANCE.virConnectNodeDeviceEventRegisterAny(
                                pointer, Pointer.NULL, event, callback, fresh.devices(), Pointer.NULL))
                .ifPresent(n -> fresh.deregistrations()
                        .add(() -> NativeLibvirt.INSTANCE.virConnectNodeDeviceEventDeregisterAny(pointer, n)));
    }

    /** Networks and devices have daemons of their own on some hosts, which may not run: VMs can be managed without them. */
    private static Optional<Integer> registerOptional(NativeConnect connect, ChangeNotifier notifier, int answer) {
        try {
            return callbackId("events of " + notifier.kind(), answer);
        } catch (UnderstudyException e) {
            if (!connect.responds()) {
                throw e;
            }
            LOG.info("{}; changes of its {} are not reported", e.getMessage(), notifier.kind());
            return Optional.empty();
        }
    }

    private static Optional<Integer> registerMonitorEvents(Pointer pointer, Registration fresh) {
        try {
            return callbackId(
                    "QEMU monitor events",
                    NativeLibvirtQemu.INSTANCE.virConnectDomainQemuMonitorEventRegister(
                            pointer,
                            Pointer.NULL,
                            MonitorEvent.NAMES,
                            DomainEvents.monitor(),
                            fresh.events(),
                            Pointer.NULL,
                            NativeLibvirtQemu.REGEX));
        } catch (LinkageError e) {
            LOG.warn("QEMU monitor events are unavailable: this server has no libvirt-qemu library", e);
            return Optional.empty();
        }
    }

    /** Empty if the server does not support or does not permit the registration. */
    private static Optional<Integer> callbackId(String what, int answer) {
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
        Registration former = registered.remove(connect);
        if (former != null) {
            former.end();
            devices.notifyListeners();
        }
    }

    /** A dead connection drops its callbacks anyway; only the server cannot be notified. */
    private static void logFailure(int answer) {
        if (answer < 0) {
            LOG.debug("{}", LibvirtFailure.last("deregister an event").getMessage());
        }
    }

    @Override
    public void lost() {
        afterLoss.run();
    }

    @Override
    public void reconnected() {
        afterReconnect.run();
    }
}
