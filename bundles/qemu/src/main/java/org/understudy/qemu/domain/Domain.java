// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.understudy.api.VmName;
import org.understudy.api.xml.PlatformXml;

/**
 * The model of a VM, as read from its definition.
 *
 * @param kvm whether the domain type is kvm
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

    /** In KiB. {@code current} is the balloon target. */
    public record Memory(long total, long current) {}

    /**
     * @param topology {@code sockets=..,} and so on; empty if the definition has none
     * @param hostCpus the CPUs of the host on which QEMU may run, such as {@code 0-3,8}; empty: all
     */
    public record Vcpus(int current, int maximum, List<String> topology, Optional<String> hostCpus) {}

    /** @param properties of {@code -machine}; each is valid in every supported version of QEMU */
    public record Machine(String type, boolean acpi, boolean hpet, List<String> properties) {
        /** True if the root bus is PCI Express. */
        public boolean pcie() {
            return PlatformXml.isQ35(type);
        }
    }

    /** The firmware of the guest. */
    public sealed interface Firmware {
        record Bios() implements Firmware {}

        /** UEFI firmware that the host selects. @param secureBoot empty: either */
        record AnyUefi(Optional<Boolean> secureBoot, Optional<String> nvram) implements Firmware {}

        /** {@code formats} are those of the images: raw or qcow2. */
        record Uefi(
                String code, boolean secure, Optional<String> nvram, Optional<String> template, FlashFormats formats)
                implements Firmware {}
    }

    /** The formats of the flash images. */
    public record FlashFormats(String code, String variables) {
        static final FlashFormats RAW = new FlashFormats("raw", "raw");
    }

    public record DirectBoot(String kernel, Optional<String> initrd, Optional<String> cmdline) {}

    /** The CPU model. */
    public sealed interface Cpu {
        /** The default of the machine type. */
        record Unnamed(List<String> features) implements Cpu {}

        /** The host CPU model, or all features of the accelerator. */
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
