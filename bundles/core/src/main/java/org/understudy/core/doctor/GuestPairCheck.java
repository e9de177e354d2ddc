// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNetwork;
import org.understudy.api.spi.GuestNetwork.Device;
import org.understudy.core.definition.DomainView.PairView;

/**
 * Checks one pair in the guest. A guest with net_failover has three devices with the MAC address of the pair: the failover
 * device, and below it the standby NIC and the primary. Only the failover device may have addresses. Source: Linux, {@code
 * net_failover.rst}.
 */
record GuestPairCheck(VmName vm, PairView pair, GuestNetwork network) {
    private static final String LINK_LOCAL = "fe80:";

    void run(Consumer<Finding> findings) {
        List<Device> devices = network.devices().stream()
                .filter(device -> device.mac().equals(Optional.of(pair.mac())))
                .toList();
        if (devices.size() < 2) {
            findings.accept(withoutFailover(devices));
        } else {
            addresses(devices).ifPresent(findings);
            mtus(devices).ifPresent(findings);
        }
        GuestProfiles.byMac(network.files(), pair.mac()).forEach(match -> findings.accept(byMac(match)));
    }

    private Finding withoutFailover(List<Device> devices) {
        return finding(
                FindingCode.GUEST_WITHOUT_FAILOVER,
                devices.isEmpty()
                        ? "has no network device with the MAC address " + pair.mac()
                        : "has one network device with the MAC address " + pair.mac() + ", " + names(devices)
                                + ", and no failover device",
                "Use a guest whose virtio-net driver supports standby, such as Linux 4.18 with net_failover.");
    }

    /** Without further facts the failover device is unknown, but two devices with addresses are one too many. */
    private Optional<Finding> addresses(List<Device> devices) {
        List<Device> addressed =
                devices.stream().filter(GuestPairCheck::hasAddress).toList();
        List<Device> misplaced =
                addressed.stream().filter(device -> device.master().isPresent()).toList();
        if (addressed.size() < 2 && misplaced.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(
                finding(
                        FindingCode.GUEST_ADDRESS_MISPLACED,
                        addressed.size() > 1
                                ? "has IP addresses on several devices of pair " + pair.standby() + ": "
                                        + names(addressed)
                                : "has its IP address on " + names(misplaced) + ", which is below the failover device",
                        "Configure the failover device by its name or driver, and leave the devices below it unmanaged (docs/guests.md)."));
    }

    private static boolean hasAddress(Device device) {
        return device.addresses().stream().anyMatch(address -> !address.startsWith(LINK_LOCAL));
    }

    private Optional<Finding> mtus(List<Device> devices) {
        List<Device> known =
                devices.stream().filter(device -> device.mtu().isPresent()).toList();
        if (known.stream().map(Device::mtu).distinct().count() < 2) {
            return Optional.empty();
        }
        String text = known.stream()
                .map(device -> device.name() + " " + device.mtu().getAsInt())
                .collect(Collectors.joining(", "));
        return Optional.of(finding(
                FindingCode.GUEST_MTU_DIFFERS,
                "has different MTUs on the devices of pair " + pair.standby() + ": " + text,
                "Set the MTU in the guest on the failover device only; the kernel sets it on the devices below it."));
    }

    private Finding byMac(GuestProfiles.Match match) {
        return match.renames()
                ? finding(
                        FindingCode.GUEST_RENAMES_BY_MAC,
                        "renames devices by the MAC address " + pair.mac() + " in " + match.file(),
                        "Remove the rule, or restrict it to a driver (docs/guests.md).")
                : finding(
                        FindingCode.GUEST_PROFILE_BY_MAC,
                        "selects devices by the MAC address " + pair.mac() + " in " + match.file()
                                + ", and all devices of the pair have it",
                        "Select the failover device by its name or driver instead (docs/guests.md).");
    }

    private Finding finding(FindingCode code, String text, String remedy) {
        return Finding.of(code, "vm " + vm + ", interface " + pair.standby(), "Guest of VM " + vm + " " + text, remedy);
    }

    private static String names(List<Device> devices) {
        return devices.stream().map(Device::name).collect(Collectors.joining(", "));
    }
}
