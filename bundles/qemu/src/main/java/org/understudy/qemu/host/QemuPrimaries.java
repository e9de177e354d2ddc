// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.GuestMemory;
import org.understudy.api.xml.XmlElement;
import org.understudy.qemu.domain.DefinitionReader;
import org.understudy.qemu.domain.Device;
import org.understudy.qemu.domain.Device.Teaming;
import org.understudy.qemu.domain.Domain;
import org.understudy.qemu.domain.HotplugArguments;
import org.understudy.qemu.process.RunRecord;
import org.understudy.qemu.qmp.PciDevice;
import org.understudy.qemu.qmp.QmpCommands;
import org.understudy.qemu.qmp.QmpRefusal;

/** The primaries of a running VM: their presence, plug and unplug. */
final class QemuPrimaries {
    private final QemuVm vm;
    private final RunningQemu qemu;

    QemuPrimaries(QemuVm vm) {
        this.vm = vm;
        this.qemu = vm.qemu();
    }

    /**
     * Reads the presence of a primary from QEMU. The firmware maps every device at a reset, so mapped BARs prove a
     * guest driver only if the guest has negotiated standby. While that is unknown, a missing primary may be hidden or
     * lost.
     */
    PrimaryPresence presence(Alias primary) {
        try {
            Optional<Alias> standby = standbyOf(primary);
            // QEMU plugs the primary within the negotiation. In the other order, a primary that is plugged between the
            // queries would seem lost.
            Optional<Boolean> negotiated = standby.flatMap(this::standbyNegotiated);
            Optional<PciDevice> device = qemu.execute(QmpCommands.queryPci()).stream()
                    .filter(d -> d.id().equals(primary.value()))
                    .findFirst();
            if (device.isPresent()) {
                boolean hasDriver = device.get().mapped() && negotiated.orElse(true);
                return hasDriver ? PrimaryPresence.ENABLED : PrimaryPresence.PLUGGED;
            }
            if (standby.isPresent() && negotiated.isEmpty()) {
                return PrimaryPresence.UNKNOWN;
            }
            return negotiated.orElse(true) ? PrimaryPresence.ABSENT : PrimaryPresence.HIDDEN;
        } catch (QmpRefusal e) {
            throw e;
        } catch (UnderstudyException e) {
            return PrimaryPresence.UNKNOWN;
        }
    }

    private Optional<Alias> standbyOf(Alias primary) {
        return QemuRuntime.device(domain(), primary.value())
                .map(QemuPrimaries::teaming)
                .filter(Teaming.Primary.class::isInstance)
                .map(t -> new Alias(((Teaming.Primary) t).standby()));
    }

    private static Teaming teaming(Device device) {
        if (device instanceof Device.Nic nic) {
            return nic.teaming();
        }
        return device instanceof Device.PassedThrough vf ? vf.teaming() : new Teaming.None();
    }

    /** Empty if this QEMU cannot be queried and sent no such event since the last start or adoption. */
    Optional<Boolean> standbyNegotiated(Alias standby) {
        Emulator emulator = vm.runtime().emulators().get();
        boolean queryable = emulator.virtioStatus()
                && emulator.version().equals(qemu.client().version());
        if (!queryable) {
            return negotiatedByEvent(standby);
        }
        try {
            String path = "/machine/peripheral/" + standby + "/virtio-backend";
            return Optional.of(
                    qemu.execute(QmpCommands.xQueryVirtioStatus(path)).standbyNegotiated());
        } catch (QmpRefusal e) {
            return negotiatedByEvent(standby);
        }
    }

    private Optional<Boolean> negotiatedByEvent(Alias standby) {
        return qemu.wasNegotiated(standby.value()) ? Optional.of(true) : Optional.empty();
    }

    private Domain domain() {
        return DefinitionReader.read(vm.folder().liveDefinition().orElseThrow()).domain();
    }

    /** Returns the live definition, with the primary from the stored definition if the VM arrived without it. */
    private String liveDefinitionWith(Alias primary) {
        String live = vm.folder().liveDefinition().orElseThrow();
        DomainDocument running = DomainDocument.parse(live);
        Optional<XmlElement> devices = running.root().child("devices");
        if (nic(running, primary).isPresent() || devices.isEmpty()) {
            return live;
        }
        return vm.folder()
                .definition()
                .map(DomainDocument::parse)
                .flatMap(stored -> nic(stored, primary).map(stored::raw))
                .map(nic -> new Edits(running)
                        .insert(devices.get().endTagStart(), nic)
                        .apply())
                .orElse(live);
    }

    private static Optional<XmlElement> nic(DomainDocument document, Alias alias) {
        return document.nics().stream()
                .filter(nic -> nic.childAttribute("alias", "name").equals(Optional.of(alias.value())))
                .findFirst();
    }

    void plug(Alias primary, Optional<PciAddress> assignedVf) {
        String xml = liveDefinitionWith(primary);
        Domain domain = DefinitionReader.read(xml).domain();
        Device device = QemuRuntime.device(domain, primary.value())
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.NIC_NOT_FOUND, "VM %s has no device %s".formatted(vm.name(), primary)));
        RunRecord run = qemu.run();
        Map<String, String> vfs = new TreeMap<>(run.vfs());
        assignedVf.ifPresent(vf -> vfs.put(primary.value(), vf.toString()));
        qemu.store(new RunRecord(run.role(), run.pid(), run.startTicks(), run.accelerator(), run.uri(), vfs));
        Map<String, Object> arguments = HotplugArguments.arguments(domain, device, QemuRuntime.vfs(qemu.run()));
        qemu.execute(
                QmpCommands.deviceAdd(arguments.get("driver").toString(), primary.value(), arguments),
                GuestMemory.read(xml).openingAllowance());
        qemu.storeLiveDefinition(xml);
        qemu.publish(new HostEvent.DevicePlugged(vm.name(), RunningQemu.now(), primary));
    }

    void unplug(Alias primary) {
        qemu.execute(QmpCommands.deviceDel(primary.value()));
    }
}
