// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.Layout;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;
import org.understudy.core.definition.PciBuses;

/**
 * Rules 7 to 9: the guest can release the primary at its address. A primary without an address is valid: the host
 * places it on its own root port. Source: libvirt's pci-hotplug.rst, which gives every PCIe endpoint a pcie-root-port.
 */
final class AddressRules {
    /** Conventional PCI. Source: QEMU, pci_qdev_realize: "failover primary device must be on PCIExpress bus". */
    private static final Set<String> BRIDGES = Set.of("pci-bridge", "dmi-to-pci-bridge", "pcie-to-pci-bridge");

    private static final int MAX_BUS = 255;

    private AddressRules() {}

    static List<Rule> all() {
        return List.of(new AloneInSlot(), new NotOnRootBus(), new NotOnPort(), new PortWithHotplug());
    }

    /**
     * A wrong address of a NIC of a pair. The fix adds a root port for it. Without an address libvirt places the NIC of a network
     * behind a bridge to conventional PCI, because it assumes an emulated NIC. On machines without PCIe the fix only
     * removes the address.
     */
    private abstract static class WrongAddress implements Rule {
        private final FindingCode code;

        WrongAddress(FindingCode code) {
            this.code = code;
        }

        abstract Map<NicElement, String> reasons(LintSubject subject);

        @Override
        public void check(LintSubject subject, Consumer<Finding> findings) {
            reasons(subject)
                    .forEach((nic, reason) -> findings.accept(Finding.of(
                                    code,
                                    subject.subject(nic),
                                    nic.title() + " has the guest address "
                                            + PciXml.guestAddress(nic.xml()).orElseThrow() + ", " + reason,
                                    "Set its <address> to slot 0 and function 0 behind a root port of its own.")
                            .withFix()));
        }

        @Override
        public void fix(LintSubject subject, Edits edits) {
            boolean hasPcie = MachineSpec.of(subject.document()).pcie() == MachineSpec.Pcie.YES;
            int next = PciBuses.free(subject.document(), new ArrayList<>()).orElse(MAX_BUS + 1);
            for (NicElement nic : reasons(subject).keySet()) {
                XmlElement address = PciXml.guestElement(nic.xml()).orElseThrow();
                if (hasPcie && next <= MAX_BUS) {
                    addPort(subject, nic, next, edits);
                    edits.replace(
                            address.start(),
                            address.end(),
                            "<address type='pci' domain='0x0000' bus='0x%02x' slot='0x00' function='0x0'/>"
                                    .formatted(next));
                    next++;
                } else {
                    edits.remove(address);
                }
            }
        }

        private static void addPort(LintSubject subject, NicElement nic, int index, Edits edits) {
            List<XmlElement> controllers = subject.document().devices("controller");
            XmlElement neighbor = controllers.isEmpty() ? nic.xml() : controllers.get(controllers.size() - 1);
            edits.insert(
                    neighbor.end(),
                    new Layout(subject.document()).spaceBefore(neighbor) + "<controller type='pci' index='" + index
                            + "' model='pcie-root-port'/>");
        }
    }

    /** Rule 7. Source: QEMU, pci_qdev_realize: "failover: primary device must be in its own PCI slot". */
    private static final class AloneInSlot extends WrongAddress {
        AloneInSlot() {
            super(FindingCode.PRIMARY_NOT_ALONE_IN_SLOT);
        }

        @Override
        Map<NicElement, String> reasons(LintSubject subject) {
            Map<PciAddress, Integer> devicesInSlot = new HashMap<>();
            subject.devices()
                    .forEach(device -> PciXml.guestAddress(device)
                            .ifPresent(address -> devicesInSlot.merge(slot(address), 1, Integer::sum)));
            Map<NicElement, String> reasons = new LinkedHashMap<>();
            for (NicElement primary : subject.primaries()) {
                PciXml.guestAddress(primary.xml())
                        .flatMap(address -> reason(primary, address, devicesInSlot.get(slot(address))))
                        .ifPresent(reason -> reasons.put(primary, reason));
            }
            return reasons;
        }

        private static PciAddress slot(PciAddress address) {
            return new PciAddress(address.domain(), address.bus(), address.slot(), 0);
        }

        private static Optional<String> reason(NicElement primary, PciAddress address, int devicesInSlot) {
            if (devicesInSlot > 1) {
                return Optional.of("a slot that it shares with another device");
            }
            if (address.function() != 0) {
                return Optional.of("which is not function 0");
            }
            boolean multifunction = PciXml.guestElement(primary.xml())
                    .flatMap(a -> a.attribute("multifunction"))
                    .filter("on"::equals)
                    .isPresent();
            return multifunction ? Optional.of("which is marked multifunction='on'") : Optional.empty();
        }
    }

    /** Rule 8. */
    private static final class NotOnRootBus extends WrongAddress {
        NotOnRootBus() {
            super(FindingCode.PRIMARY_ON_ROOT_BUS);
        }

        @Override
        Map<NicElement, String> reasons(LintSubject subject) {
            Map<NicElement, String> reasons = new LinkedHashMap<>();
            MachineSpec machine = MachineSpec.of(subject.document());
            if (machine.pcie() == MachineSpec.Pcie.NO) {
                return reasons;
            }
            Map<Integer, XmlElement> controllers = PciXml.controllers(subject.document());
            for (NicElement primary : subject.primaries()) {
                PciXml.guestAddress(primary.xml())
                        .flatMap(address -> reason(address.bus(), controllers, machine))
                        .ifPresent(reason -> reasons.put(primary, reason));
            }
            return reasons;
        }

        private static Optional<String> reason(int bus, Map<Integer, XmlElement> controllers, MachineSpec machine) {
            Optional<String> model =
                    Optional.ofNullable(controllers.get(bus)).flatMap(controller -> controller.attribute("model"));
            boolean implied = bus == 0 && model.isEmpty() && machine.pcie() == MachineSpec.Pcie.YES;
            if (implied || model.filter("pcie-root"::equals).isPresent()) {
                return Optional.of("on the root bus pcie.0, which does not support hot-unplug");
            }
            if (model.filter("pcie-expander-bus"::equals).isPresent()) {
                return Optional.of("on the root bus of a pcie-expander-bus, which does not support hot-unplug");
            }
            return model.filter(BRIDGES::contains)
                    .map(bridge -> "on a " + bridge + ", which is conventional PCI and not PCIe");
        }
    }

    /** Part of rule 7. Source: libvirt, virDomainPCIControllerModelToConnectType; slot 0 is the only one of these. */
    private static final class NotOnPort extends WrongAddress {
        private static final Set<String> PORTS = Set.of("pcie-root-port", "pcie-switch-downstream-port");

        NotOnPort() {
            super(FindingCode.SLOT_NOT_ON_ROOT_PORT);
        }

        @Override
        Map<NicElement, String> reasons(LintSubject subject) {
            Map<NicElement, String> reasons = new LinkedHashMap<>();
            Map<Integer, XmlElement> controllers = PciXml.controllers(subject.document());
            List<NicElement> nics = new ArrayList<>(subject.primaries());
            nics.addAll(subject.standbys());
            for (NicElement nic : nics) {
                PciXml.guestAddress(nic.xml())
                        .filter(address -> address.slot() != 0)
                        .map(address -> controllers.get(address.bus()))
                        .flatMap(port -> port.attribute("model"))
                        .filter(PORTS::contains)
                        .ifPresent(port -> reasons.put(nic, "but a " + port + " has slot 0 only"));
            }
            return reasons;
        }
    }

    /** Rule 9. Source: formatdomain, attribute {@code hotplug} of a PCI controller's target, libvirt 6.3. */
    private static final class PortWithHotplug implements Rule {
        @Override
        public void check(LintSubject subject, Consumer<Finding> findings) {
            Map<Integer, XmlElement> controllers = PciXml.controllers(subject.document());
            for (NicElement primary : subject.primaries()) {
                port(primary, controllers)
                        .flatMap(PortWithHotplug::off)
                        .ifPresent(off -> findings.accept(Finding.of(
                                        FindingCode.ROOT_PORT_WITHOUT_HOTPLUG,
                                        subject.subject(primary),
                                        primary.title() + " is on bus "
                                                + PciXml.guestAddress(primary.xml())
                                                        .orElseThrow()
                                                        .bus()
                                                + ", whose PCI controller has hotplug='off'",
                                        "Set hotplug='on' in the <target> of the PCI controller.")
                                .withFix()));
            }
        }

        private static Optional<XmlElement> port(NicElement primary, Map<Integer, XmlElement> controllers) {
            return PciXml.guestAddress(primary.xml()).map(PciAddress::bus).map(controllers::get);
        }

        private static Optional<XmlElement.Attribute> off(XmlElement port) {
            return port.child("target")
                    .flatMap(target -> target.attributeAt("hotplug"))
                    .filter(hotplug -> hotplug.value().equals("off"));
        }

        @Override
        public void fix(LintSubject subject, Edits edits) {
            Map<Integer, XmlElement> controllers = PciXml.controllers(subject.document());
            Set<XmlElement.Attribute> attributes = new LinkedHashSet<>();
            subject.primaries()
                    .forEach(primary -> port(primary, controllers)
                            .flatMap(PortWithHotplug::off)
                            .ifPresent(attributes::add));
            attributes.forEach(attribute -> edits.attributeValue(attribute, "on"));
        }
    }
}
