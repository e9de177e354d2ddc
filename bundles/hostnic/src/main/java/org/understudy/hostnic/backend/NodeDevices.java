// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;
import org.understudy.hostnic.backend.SriovBackend.Inventory;

/**
 * The inventory in libvirt's node devices. They do not tell what is set for a VF, nor who uses it. Source:
 * https://libvirt.org/formatnode.html
 */
final class NodeDevices {
    private static final String PASSED_THROUGH = "vfio-pci";

    private final Map<PciAddress, NodeDeviceXml> functions = new HashMap<>();
    /** Names of network devices, by the node device they belong to. */
    private final Map<String, String> netdevs = new HashMap<>();

    private final List<PfView> pfs = new ArrayList<>();
    private final List<VfView> vfs = new ArrayList<>();
    private final List<Finding> findings = new ArrayList<>();

    private NodeDevices(List<NodeDeviceXml> devices) {
        for (NodeDeviceXml device : devices) {
            device.capability("pci").ifPresent(pci -> functions.put(pci.place(), device));
            device.capability("net")
                    .flatMap(net -> net.text("interface"))
                    .ifPresent(name -> device.text("parent").ifPresent(parent -> netdevs.put(parent, name)));
        }
    }

    /** @param devices in any order */
    static Inventory read(List<NodeDeviceXml> devices) {
        NodeDevices all = new NodeDevices(devices);
        all.functions.keySet().stream().sorted().forEach(all::readFunction);
        return new Inventory(List.copyOf(all.pfs), List.copyOf(all.vfs), List.copyOf(all.findings));
    }

    private void readFunction(PciAddress address) {
        NodeDeviceXml device = functions.get(address);
        NodeDeviceXml pci = device.capability("pci").orElseThrow();
        pci.capability("virt_functions").ifPresent(list -> {
            List<PciAddress> members = list.addresses();
            PfView pf = new PfView(
                    address,
                    netdev(device),
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
                    missing + " of " + members.size() + " VFs of " + pf.address() + " vanished while they were read",
                    "Wait a moment; the next change is read again."));
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
        boolean passedThrough = driver(device).filter(PASSED_THROUGH::equals).isPresent();
        return new VfView(
                address,
                pf.address(),
                pf.netdev().orElse(pf.address().toString()),
                index,
                // Not known to be free is not free.
                VfState.FOREIGN,
                passedThrough
                        ? "bound to " + PASSED_THROUGH
                        : "whether it is free is not known without understudy-vf on the host",
                List.of(),
                pci.id("vendor"),
                pci.id("product"),
                driver(device),
                netdev(device),
                // libvirt tells the address of the netdev, not the one that the PF administers.
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

    private Optional<String> netdev(NodeDeviceXml device) {
        return device.text("name").map(netdevs::get);
    }

    private static Optional<String> driver(NodeDeviceXml device) {
        return device.child("driver").flatMap(driver -> driver.text("name"));
    }

    private static OptionalInt numa(NodeDeviceXml pci) {
        return pci.child("numa").map(numa -> numa.number("node")).orElseGet(OptionalInt::empty);
    }
}
