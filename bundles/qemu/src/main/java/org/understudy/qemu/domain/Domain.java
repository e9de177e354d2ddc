// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.understudy.api.VmName;

/**
 * A VM as its definition describes it.
 *
 * @param kvm whether the definition asks for KVM
 * @param options arguments that follow from the definition alone, such as {@code -rtc}
 */
public record Domain(
        VmName name,
        Optional<UUID> uuid,
        boolean kvm,
        Memory memory,
        Vcpus vcpus,
        Machine machine,
        Firmware firmware,
        Optional<DirectBoot> directBoot,
        Cpu cpu,
        Lifecycle lifecycle,
        List<String> bootDevices,
        List<Option> options,
        List<Device> devices) {

    /** In KiB. {@code current} is what the balloon leaves to the guest. */
    public record Memory(long total, long current) {}

    /** @param topology {@code sockets=..,} and so on; empty if the definition has none */
    public record Vcpus(int current, int maximum, List<String> topology) {}

    /** @param properties of {@code -machine}; each holds on every supported version */
    public record Machine(String type, boolean acpi, boolean hpet, List<String> properties) {
        /** True for machines whose root bus is PCI Express. */
        public boolean pcie() {
            return type.contains("q35");
        }
    }

    /** What the guest boots with. */
    public sealed interface Firmware {
        record Bios() implements Firmware {}

        /** The host chooses. @param secureBoot empty: either */
        record AnyUefi(Optional<Boolean> secureBoot, Optional<String> nvram) implements Firmware {}

        record Uefi(String code, boolean secure, Optional<String> nvram, Optional<String> template)
                implements Firmware {}
    }

    public record DirectBoot(String kernel, Optional<String> initrd, Optional<String> cmdline) {}

    /** The CPU model. */
    public sealed interface Cpu {
        /** The machine's default. */
        record Unnamed(List<String> features) implements Cpu {}

        /** Like the host's, or all the accelerator can do. */
        record Host(List<String> features) implements Cpu {}

        record Maximum(List<String> features) implements Cpu {}

        record Named(String model, List<String> features) implements Cpu {}
    }

    /** @param rebootEnds whether a reboot ends QEMU */
    public record Lifecycle(boolean rebootEnds, boolean panicPauses) {}

    /** An option and its value, such as {@code -rtc base=utc}. */
    public record Option(String name, String value) {}

    /** The devices of one kind, in the definition's order. */
    public <D extends Device> Stream<D> devices(Class<D> kind) {
        return devices.stream().filter(kind::isInstance).map(kind::cast);
    }
}
