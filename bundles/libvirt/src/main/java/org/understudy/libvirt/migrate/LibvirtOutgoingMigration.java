// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.libvirt.Domain;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.libvirt.domain.Domains;
import org.understudy.libvirt.domain.Monitor;
import org.understudy.libvirt.event.MonitorEvent;

/**
 * The source side. libvirt controls the migration from the source and blocks the call that started it; progress is polled
 * through QEMU's monitor. Without such a call, for example after a restart of this server, the result is derived from QEMU and
 * from the state of the VM.
 */
final class LibvirtOutgoingMigration implements OutgoingMigration {
    private static final long POLL_MILLIS = 100;
    /** Limit for libvirt's cleanup after a failed QEMU. */
    private static final long RESULT_SECONDS = 10;

    private final VmName vm;
    private final Domains domains;
    private final Monitor monitor;
    private final Optional<CompletableFuture<Void>> call;
    private final Runnable completed;
    private final Consumer<LibvirtOutgoingMigration> failed;
    private volatile boolean started;
    private MigrationProgress last = new MigrationProgress(MigrationPhase.NONE, 0, 0, Optional.empty(), "");

    /**
     * @param call completes when libvirt is done
     * @param completed called when the VM has left this host
     * @param failed called when the VM stays on this host
     */
    LibvirtOutgoingMigration(
            VmName vm,
            Domains domains,
            Monitor monitor,
            Optional<CompletableFuture<Void>> call,
            Runnable completed,
            Consumer<LibvirtOutgoingMigration> failed) {
        this.vm = vm;
        this.domains = domains;
        this.monitor = monitor;
        this.call = call;
        this.completed = completed;
        this.failed = failed;
    }

    /**
     * Blocks until QEMU sends.
     *
     * @throws UnderstudyException with libvirt's reason if the migration did not start
     */
    void awaitStart() {
        while (progress().phase() == MigrationPhase.NONE) {
            waitForCall(POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
        if (!started) {
            call.filter(CompletableFuture::isDone)
                    .flatMap(LibvirtOutgoingMigration::failure)
                    .ifPresent(failure -> {
                        throw failure;
                    });
        }
    }

    @Override
    public boolean switchesByItself() {
        return true;
    }

    @Override
    public MigrationProgress progress() {
        return publish(
                call.filter(CompletableFuture::isDone).flatMap(this::result).orElseGet(this::poll));
    }

    /** Empty if the call ended because its connection was lost: the migration goes on without it. */
    private Optional<MigrationProgress> result(CompletableFuture<Void> ended) {
        Optional<UnderstudyException> failure = failure(ended);
        if (failure.filter(LibvirtOutgoingMigration::isDisconnected).isPresent()) {
            return Optional.empty();
        }
        MigrationPhase phase = failure.map(
                        f -> f.code() == ErrorCode.CANCELLED ? MigrationPhase.CANCELLED : MigrationPhase.FAILED)
                .orElse(MigrationPhase.COMPLETED);
        return Optional.of(withPhase(phase, failure.map(Throwable::getMessage).orElse("")));
    }

    static boolean isDisconnected(Throwable failure) {
        return failure instanceof UnderstudyException cause && cause.code() == ErrorCode.HOST_UNAVAILABLE;
    }

    private static Optional<UnderstudyException> failure(CompletableFuture<Void> ended) {
        try {
            ended.join();
            return Optional.empty();
        } catch (CompletionException e) {
            return Optional.of(
                    e.getCause() instanceof UnderstudyException cause
                            ? cause
                            : new UnderstudyException(ErrorCode.INTERNAL, "Migration failed: " + e.getCause(), e));
        }
    }

    private MigrationProgress poll() {
        boolean running = call.filter(c -> !c.isDone()).isPresent();
        MigrationProgress polled;
        try {
            polled = read(monitor.query(vm, "query-migrate", Map.of()));
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.HOST_UNAVAILABLE) {
                throw e;
            }
            // libvirt ends QEMU before its own call returns.
            return running ? last() : afterExit(e);
        }
        return running ? duringCall(polled) : withoutCall(polled);
    }

    /** As long as the VM is on this host, libvirt has not started it on the destination yet. */
    private MigrationProgress withoutCall(MigrationProgress polled) {
        return polled.phase() == MigrationPhase.COMPLETED
                ? new MigrationProgress(
                        MigrationPhase.DEVICE,
                        polled.totalBytes(),
                        polled.remainingBytes(),
                        polled.downtime(),
                        polled.error())
                : polled;
    }

    /** Until this migration has started, QEMU may still report the state of an earlier one. */
    private MigrationProgress duringCall(MigrationProgress polled) {
        return switch (polled.phase()) {
            case NONE -> last();
            case COMPLETED -> started ? withPhase(MigrationPhase.DEVICE, "") : last();
            case FAILED, CANCELLED -> {
                if (!started) {
                    yield last();
                }
                waitForCall(RESULT_SECONDS, TimeUnit.SECONDS);
                yield call.filter(CompletableFuture::isDone)
                        .flatMap(this::result)
                        .orElse(withPhase(MigrationPhase.CANCELLING, polled.error()));
            }
            default -> {
                started = true;
                yield polled;
            }
        };
    }

    /** libvirt undefines the VM on the source only after it has arrived on the destination. */
    private MigrationProgress afterExit(UnderstudyException cause) {
        Optional<VmState> state = domains.find(vm).map(HostedVm::state);
        if (state.isEmpty()) {
            return withPhase(MigrationPhase.COMPLETED, "");
        }
        if (state.get() == VmState.SHUTOFF) {
            return withPhase(MigrationPhase.FAILED, "VM " + vm + " is shut off on the source");
        }
        throw cause;
    }

    private void waitForCall(long time, TimeUnit unit) {
        try {
            call.orElseGet(CompletableFuture::new).get(time, unit);
        } catch (TimeoutException | ExecutionException e) {
            // The caller reads the result next.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(
                    ErrorCode.CANCELLED, "VM " + vm + ": wait for the migration was interrupted", e);
        }
    }

    /** Source: QAPI MigrationInfo. */
    private static MigrationProgress read(JsonNode answer) {
        JsonNode ram = answer.path("ram");
        JsonNode downtime = answer.path("downtime");
        return new MigrationProgress(
                answer.has("status") ? MonitorEvent.phase(answer.path("status").asText()) : MigrationPhase.NONE,
                ram.path("total").asLong(),
                ram.path("remaining").asLong(),
                downtime.isNumber() ? Optional.of(Duration.ofMillis(downtime.asLong())) : Optional.empty(),
                answer.path("error-desc").asText());
    }

    private MigrationProgress publish(MigrationProgress progress) {
        synchronized (this) {
            last = progress;
        }
        if (progress.phase() == MigrationPhase.FAILED || progress.phase() == MigrationPhase.CANCELLED) {
            failed.accept(this);
        }
        return progress;
    }

    private synchronized MigrationProgress last() {
        return last;
    }

    private MigrationProgress withPhase(MigrationPhase phase, String error) {
        MigrationProgress known = last();
        return new MigrationProgress(phase, known.totalBytes(), known.remainingBytes(), known.downtime(), error);
    }

    /** libvirt switches over on its own. */
    @Override
    public void continueToSwitch() {}

    /** A cancel ends whatever job the domain has, so it is not sent once libvirt has ended this migration. */
    @Override
    public void cancel() {
        if (call.filter(CompletableFuture::isDone).flatMap(this::result).isPresent()) {
            return;
        }
        try {
            domains.run("cancel the migration of", vm, Domain::abortJob);
        } catch (UnderstudyException e) {
            // The job or the VM is gone.
            if (e.code() != ErrorCode.WRONG_VM_STATE && e.code() != ErrorCode.VM_NOT_FOUND) {
                throw e;
            }
        }
    }

    @Override
    public void resumeOnSource() {
        if (domains.find(vm).filter(v -> v.state() == VmState.PAUSED).isPresent()) {
            domains.run("resume", vm, Domain::resume);
        }
    }

    @Override
    public void finish() {
        domains.find(vm).ifPresent(hosted -> {
            if (hosted.state() != VmState.SHUTOFF) {
                throw new UnderstudyException(
                        ErrorCode.WRONG_VM_STATE,
                        "VM %s is %s on the source; it was not migrated".formatted(vm, hosted.state()));
            }
            domains.run("undefine", vm, Domain::undefine);
        });
        completed.run();
    }
}
