// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.UnderstudyException;

/**
 * Selects KVM if a test boot under KVM succeeds, otherwise TCG with a finding that names the cause.
 *
 * <p>A usable {@code /dev/kvm} is no proof: some implementations interpret guest code so slowly and incompletely that a
 * BIOS runs, but Linux does not boot. Therefore {@link BootFirmware} is run. A success is cached until this machine
 * reboots or the binary changes; a failure until the server stops.
 */
public final class AcceleratorProbe {
    private static final String SUBJECT = "accelerator kvm";
    private static final String FORCE_KVM = "set the option 'accelerator: kvm' of the host in etc/understudy.yaml";

    private final Path root;
    private final ProbeCache cache;
    private final BootProbe bootProbe;
    private final Map<String, Finding> failures = new ConcurrentHashMap<>();

    /** The content of a cache file; its existence records the success. */
    record SuccessfulBoot(String cpu) {}

    /**
     * @param root the root of the file system; a temporary folder in tests
     * @param cacheFolder the folder of cached results; created if it does not exist
     */
    public AcceleratorProbe(Path root, Path cacheFolder) {
        // "max" has all features of KVM, like a VM with host-passthrough.
        this(root, cacheFolder, new BootProbe("max", Duration.ofSeconds(10)));
    }

    AcceleratorProbe(Path root, Path cacheFolder, BootProbe bootProbe) {
        this.root = root;
        this.cache = new ProbeCache(cacheFolder);
        this.bootProbe = bootProbe;
    }

    /**
     * Blocks for up to 10 s, usually for less than 1 s.
     *
     * @param capabilities of the binary
     * @param user the user that runs the VMs
     */
    public Accelerator choose(Path binary, BinaryCapabilities capabilities, QemuUser user) {
        Optional<Finding> obstacle = obstacle(binary, capabilities, user);
        if (obstacle.isPresent()) {
            return Accelerator.tcg(obstacle.get());
        }
        BinaryIdentity identity = BinaryIdentity.of(binary);
        String name = "kvm-" + Integer.toHexString((identity.path() + user.prefix()).hashCode());
        String key = "%s %s %s %s".formatted(identity, bootId(), user.prefix(), bootProbe.cpu());
        if (cache.find(name, key, SuccessfulBoot.class).isPresent()) {
            return Accelerator.kvm();
        }
        Optional<Finding> failure = Optional.ofNullable(
                failures.computeIfAbsent(key, k -> testBoot(binary, user).orElse(null)));
        if (failure.isEmpty()) {
            cache.store(name, key, new SuccessfulBoot(bootProbe.cpu()));
        }
        return failure.map(Accelerator::tcg).orElseGet(Accelerator::kvm);
    }

    /** An obstacle that is visible without a test boot. It can be removed at any time, so it is not cached. */
    private Optional<Finding> obstacle(Path binary, BinaryCapabilities capabilities, QemuUser user) {
        Path device = root.resolve("dev/kvm");
        if (!capabilities.accelerators().contains(Accelerator.KVM)) {
            return finding("QEMU " + binary + " was built without KVM", "Install a QEMU package with KVM support.");
        }
        if (!capabilities.machineNames().containsKey("q35")) {
            return finding(
                    "no test boot exists for the machine types of QEMU " + binary,
                    "If KVM works on this host, " + FORCE_KVM + ".");
        }
        if (!Files.exists(device)) {
            return finding(
                    "/dev/kvm does not exist",
                    "Enable virtualization in the firmware of this machine, or nested virtualization on its hypervisor, and"
                            + " load the module kvm_intel or kvm_amd.");
        }
        if (!hasAccess(device, user)) {
            return finding(
                    "the user of QEMU may not read and write /dev/kvm",
                    "Add that user to the group 'kvm' (usermod -aG kvm USER), then restart Understudy.");
        }
        return Optional.empty();
    }

    private Optional<Finding> testBoot(Path binary, QemuUser user) {
        return bootProbe
                .failure(binary, Accelerator.KVM, user)
                .flatMap(why -> finding(
                        "the test boot under KVM failed: " + why,
                        "Check the kernel log of this machine for KVM errors (dmesg); if KVM works on this host, "
                                + FORCE_KVM + "."));
    }

    private static Optional<Finding> finding(String why, String remedy) {
        return Optional.of(Finding.of(
                FindingCode.ACCELERATOR_FALLBACK,
                SUBJECT,
                "VMs run under TCG emulation, which is many times slower: " + why,
                remedy));
    }

    private static boolean hasAccess(Path device, QemuUser user) {
        try {
            return user.canReadAndWrite(device);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "KVM probe was interrupted", e);
        }
    }

    /** Source: Documentation/admin-guide/sysctl/kernel of Linux, random. */
    private String bootId() {
        return ProbeQemu.read(root.resolve("proc/sys/kernel/random/boot_id")).strip();
    }
}
