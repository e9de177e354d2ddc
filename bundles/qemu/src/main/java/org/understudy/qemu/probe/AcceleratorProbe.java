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
 * Chooses KVM if it is proven to run a guest, else TCG with a finding that says why.
 *
 * <p>That {@code /dev/kvm} opens proves nothing: there are some that interpret a guest's kernel, so slowly and with so
 * many gaps that a BIOS runs and Linux never boots. So {@link BootFirmware} is run. A success is kept until this machine
 * boots anew or the binary changes; a failure until this server ends.
 */
public final class AcceleratorProbe {
    private static final String SUBJECT = "accelerator kvm";
    private static final String INSIST = "set the host's option 'accelerator: kvm' in etc/understudy.yaml";

    private final Path root;
    private final ProbeCache cache;
    private final BootProbe trial;
    private final Map<String, Finding> failures = new ConcurrentHashMap<>();

    /** What a cache file says; that it is there is the news. */
    record Proven(String cpu) {}

    /**
     * @param root the root of the file system; another one in tests
     * @param cacheFolder where answers are kept; made if it is not there
     */
    public AcceleratorProbe(Path root, Path cacheFolder) {
        // "max" is all that KVM offers, and so what a VM with host-passthrough gets.
        this(root, cacheFolder, new BootProbe("max", Duration.ofSeconds(10)));
    }

    AcceleratorProbe(Path root, Path cacheFolder, BootProbe trial) {
        this.root = root;
        this.cache = new ProbeCache(cacheFolder);
        this.trial = trial;
    }

    /**
     * Blocks for up to 10 s, and for less than one as a rule.
     *
     * @param capabilities of the binary
     * @param user who runs the VMs
     */
    public Accelerator choose(Path binary, BinaryCapabilities capabilities, QemuUser user) {
        Optional<Finding> obstacle = obstacle(binary, capabilities, user);
        if (obstacle.isPresent()) {
            return Accelerator.tcg(obstacle.get());
        }
        BinaryIdentity identity = BinaryIdentity.of(binary);
        String name = "kvm-" + Integer.toHexString((identity.path() + user.prefix()).hashCode());
        String key = "%s %s %s %s".formatted(identity, bootId(), user.prefix(), trial.cpu());
        if (cache.find(name, key, Proven.class).isPresent()) {
            return Accelerator.kvm();
        }
        Optional<Finding> failure = Optional.ofNullable(
                failures.computeIfAbsent(key, k -> attempt(binary, user).orElse(null)));
        if (failure.isEmpty()) {
            cache.store(name, key, new Proven(trial.cpu()));
        }
        return failure.map(Accelerator::tcg).orElseGet(Accelerator::kvm);
    }

    /** What is seen without a trial. It may be mended at any time, so it is not kept. */
    private Optional<Finding> obstacle(Path binary, BinaryCapabilities capabilities, QemuUser user) {
        Path device = root.resolve("dev/kvm");
        if (!capabilities.accelerators().contains(Accelerator.KVM)) {
            return finding(binary + " was built without KVM", "Install a QEMU that has KVM compiled in.");
        }
        if (!capabilities.machineNames().containsKey("q35")) {
            return finding(
                    "there is no boot proof for the machines of " + binary,
                    "If KVM is known to work here, " + INSIST + ".");
        }
        if (!Files.exists(device)) {
            return finding(
                    "/dev/kvm is not there",
                    "Switch virtualization on in this machine's firmware, or nested virtualization on in its host, and"
                            + " load the module kvm_intel or kvm_amd.");
        }
        if (!mayUse(device, user)) {
            return finding(
                    "the user that runs QEMU may not read and write /dev/kvm",
                    "Add that user to the group 'kvm' (usermod -aG kvm USER), then restart Understudy.");
        }
        return Optional.empty();
    }

    private Optional<Finding> attempt(Path binary, QemuUser user) {
        return trial.failure(binary, Accelerator.KVM, user)
                .flatMap(why -> finding(
                        "KVM does not run a guest: " + why,
                        "Look for KVM errors in this machine's kernel log; if KVM is known to work here, " + INSIST
                                + "."));
    }

    private static Optional<Finding> finding(String why, String remedy) {
        return Optional.of(Finding.of(
                FindingCode.ACCELERATOR_FALLBACK,
                SUBJECT,
                "VMs run under TCG, which is many times slower, because " + why,
                remedy));
    }

    private static boolean mayUse(Path device, QemuUser user) {
        try {
            return user.mayUse(device);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "the probe of KVM was interrupted", e);
        }
    }

    /** Source: Documentation/admin-guide/sysctl/kernel of Linux, random. */
    private String bootId() {
        return ProbeQemu.read(root.resolve("proc/sys/kernel/random/boot_id")).strip();
    }
}
