// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PairXml;
import org.understudy.api.xml.XmlElement;

/**
 * State of the primaries of a running VM, read from QEMU: libvirt lists a VF in its XML even if QEMU could not open it.
 * libvirt's alias is QEMU's device id.
 */
public final class LibvirtPrimaries {
    private static final String STANDBY = "VIRTIO_NET_F_STANDBY";

    private final Domains domains;
    private final LibvirtDefinitions definitions;
    private final Monitor monitor;
    private final NegotiationEvents events;
    private final RuntimeAliases aliases;

    /** Standby negotiations known from events; empty if unknown. */
    @FunctionalInterface
    public interface NegotiationEvents {
        Optional<Boolean> negotiated(VmName vm, Alias standby);
    }

    /** @param events fallback if QEMU cannot report the negotiation */
    public LibvirtPrimaries(
            Domains domains,
            LibvirtDefinitions definitions,
            RuntimeAliases aliases,
            Monitor monitor,
            NegotiationEvents events) {
        this.domains = domains;
        this.definitions = definitions;
        this.aliases = aliases;
        this.monitor = monitor;
        this.events = events;
    }

    /**
     * Firmware maps the BARs of the devices it finds, so mapped BARs prove a driver only if standby was negotiated. If that is
     * unknown, for example with a QEMU before 7.2 that was running before this server, a primary that libvirt still lists may be
     * hidden or lost.
     */
    public PrimaryPresence presence(VmName vm, Alias primary) {
        if (!monitor.exists()) {
            return PrimaryPresence.UNKNOWN;
        }
        try {
            Alias id = aliases.deviceOf(vm, primary);
            Optional<Alias> standby = standbyOf(vm, primary);
            // QEMU plugs the primary within the negotiation. In the other order, a primary that is plugged between the
            // queries would seem lost.
            Optional<Boolean> negotiated = standby.flatMap(alias -> standbyNegotiated(vm, alias));
            Optional<QomPciDevice> device = QomPciDevice.find(monitor.query(vm, "query-pci", Map.of()), id.value());
            if (device.isPresent()) {
                boolean hasDriver = device.get().mapped() && negotiated.orElse(true);
                return hasDriver ? PrimaryPresence.ENABLED : PrimaryPresence.PLUGGED;
            }
            if (standby.isPresent() && negotiated.isEmpty()) {
                return PrimaryPresence.UNKNOWN;
            }
            return negotiated.orElse(true) ? PrimaryPresence.ABSENT : PrimaryPresence.HIDDEN;
        } catch (UnderstudyException e) {
            return switch (e.code()) {
                case LIBVIRT_ERROR, DEADLINE_EXCEEDED, NOT_SUPPORTED -> PrimaryPresence.UNKNOWN;
                default -> throw e;
            };
        }
    }

    private Optional<Alias> standbyOf(VmName vm, Alias primary) {
        return nic(definitions.live(vm), primary)
                .flatMap(nic -> nic.childAttribute("teaming", "persistent"))
                .map(Alias::new);
    }

    private static Optional<XmlElement> nic(Optional<String> definition, Alias alias) {
        return definition.flatMap(xml -> PairXml.nic(DomainDocument.parse(xml), alias));
    }

    /** Empty if this QEMU cannot report it (before 7.2) or must not be queried, and no event was seen. */
    public Optional<Boolean> standbyNegotiated(VmName vm, Alias standby) {
        if (!supportsVirtioQuery(vm)) {
            return events.negotiated(vm, standby);
        }
        try {
            JsonNode status = monitor.query(
                    vm, "x-query-virtio-status", Map.of("path", "/machine/peripheral/" + standby + "/virtio-backend"));
            for (JsonNode feature : status.path("guest-features").path("dev-features")) {
                if (feature.asText().split(":", 2)[0].equals(STANDBY)) {
                    return Optional.of(true);
                }
            }
            return Optional.of(false);
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.QMP_ERROR) {
                return events.negotiated(vm, standby);
            }
            throw e;
        }
    }

    /**
     * QEMU 11.1 aborts on this query with a failed assertion, and the VM with it; 10.0 is the newest version known to survive.
     * Reads the version of the VM's own QEMU: the host's may have been updated since the VM started.
     */
    private boolean supportsVirtioQuery(VmName vm) {
        JsonNode version = monitor.query(vm, "query-version", Map.of()).path("qemu");
        int major = version.path("major").asInt(Integer.MAX_VALUE);
        return major < 10 || major == 10 && version.path("minor").asInt(Integer.MAX_VALUE) == 0;
    }

    /**
     * A primary that libvirt still lists although QEMU does not have it is detached first. One without an alias gets that of its
     * run from libvirt again: QEMU refuses a second id for the primary of a standby NIC.
     */
    public void plug(VmName vm, Alias primary, Optional<PciAddress> assignedVf) {
        String xml = definitions.configured(vm);
        String assigned =
                assignedVf.map(vf -> AssignedVfs.put(xml, Map.of(primary, vf))).orElse(xml);
        DomainDocument document = DomainDocument.parse(assigned);
        XmlElement nic = nic(Optional.of(assigned), primary)
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.NIC_NOT_FOUND, "VM %s has no device %s".formatted(vm, primary)));
        if (nic(definitions.live(vm), primary).isPresent()) {
            unplug(vm, primary);
        }
        String device = document.raw(nic);
        domains.run("plug " + primary + " into", vm, d -> d.attachDeviceFlags(device, Domains.LIVE));
    }

    public void unplug(VmName vm, Alias primary) {
        domains.detachAlias(vm, aliases.deviceOf(vm, primary));
    }
}
