// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.qemu.process.VmFolder;

/** The VMs of a host by name, one folder each. Adopts the QEMUs that an earlier server started. */
final class QemuVms implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QemuVms.class);
    private static final Duration TRUNCATE_INTERVAL = Duration.ofMinutes(1);

    private final QemuRuntime runtime;
    private final Map<VmName, QemuVm> vms = new ConcurrentHashMap<>();
    private final Subscription truncating;

    QemuVms(QemuRuntime runtime) {
        this.runtime = runtime;
        try {
            folders().forEach(this::adopt);
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
        this.truncating = runtime.threads().scheduler().every(TRUNCATE_INTERVAL, this::truncateSoon);
    }

    private Path directory() {
        return runtime.settings().directory();
    }

    private void adopt(VmName name) {
        try {
            vm(name).adopt();
        } catch (RuntimeException | Error e) {
            LOG.error("VM {}: adoption failed, its QEMU is not monitored", name, e);
        }
    }

    private List<VmName> folders() {
        try (Stream<Path> found = Files.list(directory())) {
            return found.filter(f -> Files.exists(f.resolve("definition.xml")) || Files.exists(f.resolve("run.json")))
                    .flatMap(f -> name(f).stream())
                    .toList();
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot read folder " + directory() + ": " + e, e);
        }
    }

    private static Optional<VmName> name(Path folder) {
        try {
            VmName name = new VmName(folder.getFileName().toString());
            VmFolder.requireUsable(name);
            return Optional.of(name);
        } catch (UnderstudyException e) {
            LOG.warn("Folder {}: ignored, its name is not a valid VM name", folder, e);
            return Optional.empty();
        }
    }

    private void truncateSoon() {
        try {
            runtime.threads().polls().execute(this::truncateLogs);
        } catch (RejectedExecutionException e) {
            LOG.debug(
                    "Host {}: logs of QEMU are no longer truncated",
                    runtime.settings().name());
        }
    }

    private void truncateLogs() {
        for (QemuVm vm : vms.values()) {
            try {
                vm.folder().truncateLog();
            } catch (RuntimeException | Error e) {
                LOG.warn("VM {}: log of QEMU could not be truncated", vm.name(), e);
            }
        }
    }

    /** The VM of this name, which may be empty. */
    QemuVm vm(VmName name) {
        return vms.computeIfAbsent(name, n -> new QemuVm(new VmFolder(directory(), n), runtime));
    }

    /** The VM of this name, also one that is empty; no VM if the name was never used. */
    Optional<QemuVm> known(VmName name) {
        return Optional.ofNullable(vms.get(name));
    }

    Optional<QemuVm> find(VmName name) {
        return known(name).filter(v -> !v.isEmpty());
    }

    /** @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND} */
    QemuVm existing(VmName name) {
        return find(name)
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.VM_NOT_FOUND,
                        "Host %s has no VM %s".formatted(runtime.settings().name(), name)));
    }

    /** All VMs by name. */
    List<QemuVm> all() {
        return vms.values().stream()
                .filter(v -> !v.isEmpty())
                .sorted(Comparator.comparing(QemuVm::name))
                .toList();
    }

    private void release() {
        vms.values().forEach(v -> v.running().ifPresent(RunningQemu::release));
    }

    /** Ends the polling of all QEMUs, which continue to run. */
    @Override
    public void close() {
        truncating.close();
        release();
    }
}
