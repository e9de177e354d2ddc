// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;
import org.understudy.hostnic.backend.SriovBackend.Inventory;

/**
 * Builds the inventory from libvirt's node devices, which have neither the settings nor the users of a VF. Source:
 * https://libvirt.org/formatnode.html
 */
final class NodeDevices {
    private static final String VFIO_DRIVER = "vfio-pci";

    private final Map<PciAddress, NodeDeviceXml> functions = new HashMap<>();
    /** Names of network devices, by the node device below which they are. */
    private final Map<String, List<String>> netdevs = new HashMap<>();

    private final List<PfView> pfs = new ArrayList<>();
    private final List<VfView> vfs = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<UnderstudyException> failures = new ArrayList<>();

    private NodeDevices(List<NodeDeviceXml> devices) {
        for (NodeDeviceXml device : devices) {
            device.capability("pci").ifPresent(pci -> readAddress(device, pci));
            device.capability("net")
                    .flatMap(net -> net.text("interface"))
                    .ifPresent(name -> device.text("parent")
                            .ifPresent(parent -> netdevs.computeIfAbsent(parent, p -> new ArrayList<>())
                                    .add(name)));
        }
    }

    /** A device whose address is out of range does not hide the others. */
    private void readAddress(NodeDeviceXml device, NodeDeviceXml pci) {
        readOne(device.text("name").orElse("PCI device"), () -> functions.put(pci.pciAddress(), device));
    }

    private void readOne(String subject, Runnable read) {
        try {
            read.run();
        } catch (UnderstudyException e) {
            failures.add(e);
            findings.add(
                    Finding.of(
                            FindingCode.NIC_ACCESS_LIMITED,
                            subject,
                            subject + ": " + e.getMessage(),
                            "Check this PCI device on the host with virsh nodedev-dumpxml; the other devices are read as usual."));
        }
    }

    /**
     * Reads the functions of a host.
     *
     * @param devices in any order
     * @throws UnderstudyException if none of them can be read
     */
    static Inventory read(List<NodeDeviceXml> devices) {
        NodeDevices all = new NodeDevices(devices);
        if (all.functions.isEmpty() && !all.failures.isEmpty()) {
            throw all.failures.get(0);
        }
        all.functions.keySet().stream()
                .sorted()
                .forEach(address -> all.readOne(address.toString(), () -> all.readFunction(address)));
        return new Inventory(List.copyOf(all.pfs), List.copyOf(all.vfs), List.copyOf(all.findings));
    }

    private void readFunction(PciAddress address) {
        NodeDeviceXml device = functions.get(address);
        NodeDeviceXml pci = device.capability("pci").orElseThrow();
        pci.capability("virt_functions").ifPresent(list -> {
            List<PciAddress> members = list.addresses();
            Optional<String> netdev = netdev(device);
            if (netdev.isEmpty() && netdevs(device).size() > 1) {
                findings.add(ownNetdevUnknown(address, netdevs(device)));
            }
            PfView pf = new PfView(
                    address,
                    netdev,
                    pci.id("vendor"),
                    pci.id("product"),
                    driver(device),
                    list.number("maxCount").orElse(members.size()),
                    members.size(),
                    Optional.empty(),
                    numa(pci));
            pfs.add(pf);
            readVfs(pf, members);
        });
    }

    private void readVfs(PfView pf, List<PciAddress> members) {
        long missing = members.stream().filter(vf -> !functions.containsKey(vf)).count();
        if (missing > 0) {
            findings.add(Finding.of(
                    FindingCode.NIC_ACCESS_LIMITED,
                    pf.address().toString(),
                    "PF " + pf.address() + ": " + missing + " of " + members.size() + " VFs vanished during the read",
                    "List the VFs again with understudy:vf-list when the number of VFs no longer changes."));
        }
        for (int index = 0; index < members.size(); index++) {
            if (functions.containsKey(members.get(index))) {
                vfs.add(vf(pf, index, members.get(index)));
            }
        }
    }

    private VfView vf(PfView pf, int index, PciAddress address) {
        NodeDeviceXml device = functions.get(address);
        NodeDeviceXml pci = device.capability("pci").orElseThrow();
        Optional<NodeDeviceXml> group = pci.child("iommuGroup");
        boolean boundToVfio = driver(device).filter(VFIO_DRIVER::equals).isPresent();
        return new VfView(
                address,
                pf.address(),
                pf.netdev().orElse(pf.address().toString()),
                index,
                // A VF in an unknown state must not be leased.
                VfState.FOREIGN,
                boundToVfio ? "bound to " + VFIO_DRIVER : "state unknown without understudy-vf on the host",
                isNetwork(pci) ? List.of() : List.of("not-network"),
                List.of(),
                pci.id("vendor"),
                pci.id("product"),
                driver(device),
                netdev(device),
                // libvirt reports the MAC of the netdev, not the one that the PF administers.
                Optional.empty(),
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                numa(pci),
                group.map(g -> g.number("number")).orElseGet(OptionalInt::empty),
                group.map(g -> g.addresses().size() > 1),
                group.map(NodeDeviceXml::addresses).orElse(List.of()).stream()
                        .filter(peer -> !peer.equals(address))
                        .toList(),
                VfioReadiness.UNKNOWN,
                Optional.empty(),
                Optional.empty());
    }

    /** PCI class 02; older versions of libvirt do not report it. */
    private static boolean isNetwork(NodeDeviceXml pci) {
        return pci.text("class").map(code -> code.startsWith("0x02")).orElse(true);
    }

    /** Of the netdevs of a PF in switchdev mode, its own one is known by the names of the others that begin with it. */
    private Optional<String> netdev(NodeDeviceXml device) {
        List<String> names = netdevs(device);
        return names.stream()
                .filter(name -> names.stream().allMatch(other -> other.startsWith(name)))
                .findFirst();
    }

    private List<String> netdevs(NodeDeviceXml device) {
        return device.text("name").map(netdevs::get).orElse(List.of());
    }

    private static Finding ownNetdevUnknown(PciAddress pf, List<String> names) {
        return Finding.of(
                FindingCode.NIC_ACCESS_LIMITED,
                pf.toString(),
                "PF " + pf + " has several netdevs, and libvirt does not show which one is its own: "
                        + names.stream().sorted().collect(Collectors.joining(", ")),
                "Install understudy-vf on the host (docs/without-root.md), which shows that.");
    }

    private static Optional<String> driver(NodeDeviceXml device) {
        return device.child("driver").flatMap(driver -> driver.text("name"));
    }

    private static OptionalInt numa(NodeDeviceXml pci) {
        return pci.child("numa").map(numa -> numa.number("node")).orElseGet(OptionalInt::empty);
    }
}
