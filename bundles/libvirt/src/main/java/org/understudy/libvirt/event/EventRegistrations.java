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

/** Registers the callbacks on each new connection and takes them back. What a server does not know is left out. */
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
    private final Runnable afterReturn;
    /** How what was registered is taken back. */
    private final Map<NativeConnect, List<IntSupplier>> registered = new ConcurrentHashMap<>();

    /**
     * @param devices is also told when a connection is given up
     * @param afterReturn run when a lost connection is back
     */
    public EventRegistrations(
            DomainEvents events, ChangeNotifier networks, ChangeNotifier devices, Runnable afterReturn) {
        this.events = events;
        this.networks = networks;
        this.devices = devices;
        this.afterReturn = afterReturn;
    }

    @Override
    public void register(NativeConnect connect) {
        Pointer pointer = connect.pointer();
        List<IntSupplier> undo = new CopyOnWriteArrayList<>();
        registered.put(connect, undo);
        events.callbacks()
                .forEach((event, callback) -> number(
                                "event " + event,
                                NativeLibvirt.INSTANCE.virConnectDomainEventRegisterAny(
                                        pointer, Pointer.NULL, event, callback, Pointer.NULL, Pointer.NULL))
                        .ifPresent(n ->
                                undo.add(() -> NativeLibvirt.INSTANCE.virConnectDomainEventDeregisterAny(pointer, n))));
        network(connect)
                .ifPresent(n -> undo.add(() -> NativeLibvirt.INSTANCE.virConnectNetworkEventDeregisterAny(pointer, n)));
        device(connect, DEVICE_LIFECYCLE, devices.coming(), undo);
        device(connect, DEVICE_UPDATE, devices.updating(), undo);
        Optional<Integer> monitor = monitor(pointer);
        monitor.ifPresent(
                n -> undo.add(() -> NativeLibvirtQemu.INSTANCE.virConnectDomainQemuMonitorEventDeregister(pointer, n)));
        events.monitored(monitor.isPresent());
    }

    /** Whether the events of QEMU's monitor are heard. */
    public boolean monitored() {
        return events.monitored();
    }

    private Optional<Integer> network(NativeConnect connect) {
        return besides(
                connect,
                networks,
                NativeLibvirt.INSTANCE.virConnectNetworkEventRegisterAny(
                        connect.pointer(),
                        Pointer.NULL,
                        NETWORK_LIFECYCLE,
                        networks.coming(),
                        Pointer.NULL,
                        Pointer.NULL));
    }

    private void device(NativeConnect connect, int event, Callback callback, List<IntSupplier> undo) {
        Pointer pointer = connect.pointer();
        besides(
                        connect,
                        devices,
                        NativeLibvirt.INSTANCE.virConnectNodeDeviceEventRegisterAny(
                                pointer, Pointer.NULL, event, callback, Pointer.NULL, Pointer.NULL))
                .ifPresent(
                        n -> undo.add(() -> NativeLibvirt.INSTANCE.virConnectNodeDeviceEventDeregisterAny(pointer, n)));
    }

    /** Networks and devices have daemons of their own on some hosts, which may not run: VMs can be driven all the same. */
    private static Optional<Integer> besides(NativeConnect connect, ChangeNotifier of, int answer) {
        try {
            return number("events of " + of.things(), answer);
        } catch (UnderstudyException e) {
            if (!connect.answers()) {
                throw e;
            }
            LOG.info("{}; what becomes of its {} is not heard", e.getMessage(), of.things());
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
        List<IntSupplier> undo = registered.remove(connect);
        if (undo != null) {
            undo.forEach(deregistration -> tryTo(deregistration.getAsInt()));
            devices.notifyListeners();
        }
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
