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
    /** Deregistration calls by connection. */
    private final Map<NativeConnect, List<IntSupplier>> registered = new ConcurrentHashMap<>();

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
        List<IntSupplier> deregistrations = new CopyOnWriteArrayList<>();
        registered.put(connect, deregistrations);
        events.callbacks()
                .forEach((event, callback) -> callbackId(
                                "event " + event,
                                NativeLibvirt.INSTANCE.virConnectDomainEventRegisterAny(
                                        pointer, Pointer.NULL, event, callback, Pointer.NULL, Pointer.NULL))
                        .ifPresent(n -> deregistrations.add(
                                () -> NativeLibvirt.INSTANCE.virConnectDomainEventDeregisterAny(pointer, n))));
        registerNetworkEvents(connect)
                .ifPresent(n -> deregistrations.add(
                        () -> NativeLibvirt.INSTANCE.virConnectNetworkEventDeregisterAny(pointer, n)));
        registerDeviceEvents(connect, DEVICE_LIFECYCLE, devices.lifecycle(), deregistrations);
        registerDeviceEvents(connect, DEVICE_UPDATE, devices.update(), deregistrations);
        Optional<Integer> monitor = registerMonitorEvents(pointer);
        monitor.ifPresent(n -> deregistrations.add(
                () -> NativeLibvirtQemu.INSTANCE.virConnectDomainQemuMonitorEventDeregister(pointer, n)));
        events.monitored(monitor.isPresent());
    }

    /** True if QEMU monitor events are delivered. */
    public boolean monitored() {
        return events.monitored();
    }

    private Optional<Integer> registerNetworkEvents(NativeConnect connect) {
        return registerOptional(
                connect,
                networks,
                NativeLibvirt.INSTANCE.virConnectNetworkEventRegisterAny(
                        connect.pointer(),
                        Pointer.NULL,
                        NETWORK_LIFECYCLE,
                        networks.lifecycle(),
                        Pointer.NULL,
                        Pointer.NULL));
    }

    private void registerDeviceEvents(
            NativeConnect connect, int event, Callback callback, List<IntSupplier> deregistrations) {
        Pointer pointer = connect.pointer();
        registerOptional(
                        connect,
                        devices,
                        NativeLibvirt.INSTANCE.virConnectNodeDeviceEventRegisterAny(
                                pointer, Pointer.NULL, event, callback, Pointer.NULL, Pointer.NULL))
                .ifPresent(n -> deregistrations.add(
                        () -> NativeLibvirt.INSTANCE.virConnectNodeDeviceEventDeregisterAny(pointer, n)));
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

    private Optional<Integer> registerMonitorEvents(Pointer pointer) {
        try {
            return callbackId(
                    "QEMU monitor events",
                    NativeLibvirtQemu.INSTANCE.virConnectDomainQemuMonitorEventRegister(
                            pointer,
                            Pointer.NULL,
                            MonitorEvent.NAMES,
                            events.monitor(),
                            Pointer.NULL,
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
        List<IntSupplier> deregistrations = registered.remove(connect);
        if (deregistrations != null) {
            deregistrations.forEach(deregistration -> logFailure(deregistration.getAsInt()));
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
