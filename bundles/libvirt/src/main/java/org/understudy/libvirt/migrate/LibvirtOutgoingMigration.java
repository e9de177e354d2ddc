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
 * The sending end. libvirt conducts the migration from the source and blocks the call that started it; what QEMU does
 * meanwhile is asked through its monitor. Without such a call, as after a restart of this server, QEMU and what is left
 * of the VM tell.
 */
final class LibvirtOutgoingMigration implements OutgoingMigration {
    private static final long POLL_MILLIS = 100;
    /** libvirt takes this long to clean up after a QEMU that has failed. */
    private static final long RESULT_SECONDS = 10;

    private final VmName vm;
    private final Domains domains;
    private final Monitor monitor;
    private final Optional<CompletableFuture<Void>> call;
    private final Runnable finished;
    private final Consumer<LibvirtOutgoingMigration> stayed;
    private volatile boolean begun;
    private MigrationProgress last = new MigrationProgress(MigrationPhase.NONE, 0, 0, Optional.empty(), "");

    /**
     * @param call ends when libvirt is done
     * @param finished tells that the VM has left
     * @param stayed tells that it will not leave
     */
    LibvirtOutgoingMigration(
            VmName vm,
            Domains domains,
            Monitor monitor,
            Optional<CompletableFuture<Void>> call,
            Runnable finished,
            Consumer<LibvirtOutgoingMigration> stayed) {
        this.vm = vm;
        this.domains = domains;
        this.monitor = monitor;
        this.call = call;
        this.finished = finished;
        this.stayed = stayed;
    }

    /**
     * Returns once QEMU sends.
     *
     * @throws UnderstudyException libvirt's reason if it never came to that
     */
    void awaitBegin() {
        while (progress().phase() == MigrationPhase.NONE) {
            waitForCall(POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
        if (!begun) {
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
        return remember(
                call.filter(CompletableFuture::isDone).flatMap(this::result).orElseGet(this::ask));
    }

    /** Empty if the call ended because its connection did: the migration goes on without it. */
    private Optional<MigrationProgress> result(CompletableFuture<Void> ended) {
        Optional<UnderstudyException> failure = failure(ended);
        if (failure.filter(LibvirtOutgoingMigration::isCutOff).isPresent()) {
            return Optional.empty();
        }
        MigrationPhase phase = failure.map(
                        f -> f.code() == ErrorCode.CANCELLED ? MigrationPhase.CANCELLED : MigrationPhase.FAILED)
                .orElse(MigrationPhase.COMPLETED);
        return Optional.of(withPhase(phase, failure.map(Throwable::getMessage).orElse("")));
    }

    static boolean isCutOff(Throwable failure) {
        return failure instanceof UnderstudyException known && known.code() == ErrorCode.HOST_UNAVAILABLE;
    }

    private static Optional<UnderstudyException> failure(CompletableFuture<Void> ended) {
        try {
            ended.join();
            return Optional.empty();
        } catch (CompletionException e) {
            return Optional.of(
                    e.getCause() instanceof UnderstudyException known
                            ? known
                            : new UnderstudyException(ErrorCode.INTERNAL, "the migration failed: " + e.getCause(), e));
        }
    }

    private MigrationProgress ask() {
        boolean running = call.filter(c -> !c.isDone()).isPresent();
        MigrationProgress asked;
        try {
            asked = read(monitor.ask(vm, "query-migrate", Map.of()));
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.HOST_UNAVAILABLE) {
                throw e;
            }
            // libvirt ends QEMU before it is done itself.
            return running ? last() : left(e);
        }
        return running ? whileLibvirtWorks(asked) : withoutCall(asked);
    }

    /** libvirt is still at it as long as the VM is here: only then does it let the guest run there. */
    private MigrationProgress withoutCall(MigrationProgress asked) {
        return asked.phase() == MigrationPhase.COMPLETED
                ? new MigrationProgress(
                        MigrationPhase.DEVICE,
                        asked.totalBytes(),
                        asked.remainingBytes(),
                        asked.downtime(),
                        asked.error())
                : asked;
    }

    /** What QEMU says of an earlier migration, before this one has begun, means nothing. */
    private MigrationProgress whileLibvirtWorks(MigrationProgress asked) {
        return switch (asked.phase()) {
            case NONE -> last();
            case COMPLETED -> begun ? withPhase(MigrationPhase.DEVICE, "") : last();
            case FAILED, CANCELLED -> {
                if (!begun) {
                    yield last();
                }
                waitForCall(RESULT_SECONDS, TimeUnit.SECONDS);
                yield call.filter(CompletableFuture::isDone)
                        .flatMap(this::result)
                        .orElse(withPhase(MigrationPhase.CANCELLING, asked.error()));
            }
            default -> {
                begun = true;
                yield asked;
            }
        };
    }

    /** libvirt undefines the VM here only after it has arrived there. */
    private MigrationProgress left(UnderstudyException why) {
        Optional<VmState> state = domains.find(vm).map(HostedVm::state);
        if (state.isEmpty()) {
            return withPhase(MigrationPhase.COMPLETED, "");
        }
        if (state.get() == VmState.SHUTOFF) {
            return withPhase(MigrationPhase.FAILED, "the VM is off");
        }
        throw why;
    }

    private void waitForCall(long time, TimeUnit unit) {
        try {
            call.orElseGet(CompletableFuture::new).get(time, unit);
        } catch (TimeoutException | ExecutionException e) {
            // What became of it is asked for next.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "the wait for VM " + vm + " was given up", e);
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

    private MigrationProgress remember(MigrationProgress progress) {
        synchronized (this) {
            last = progress;
        }
        if (progress.phase() == MigrationPhase.FAILED || progress.phase() == MigrationPhase.CANCELLED) {
            stayed.accept(this);
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

    /** libvirt itself goes on as soon as it can. */
    @Override
    public void continueToSwitch() {}

    @Override
    public void cancel() {
        try {
            domains.notifyListeners("cancel the migration of", vm, Domain::abortJob);
        } catch (UnderstudyException e) {
            // No job any more, or no VM.
            if (e.code() != ErrorCode.WRONG_VM_STATE && e.code() != ErrorCode.VM_NOT_FOUND) {
                throw e;
            }
        }
    }

    @Override
    public void resumeOnSource() {
        if (domains.find(vm).filter(v -> v.state() == VmState.PAUSED).isPresent()) {
            domains.notifyListeners("resume", vm, Domain::resume);
        }
    }

    @Override
    public void finish() {
        domains.find(vm).ifPresent(there -> {
            if (there.state() != VmState.SHUTOFF) {
                throw new UnderstudyException(
                        ErrorCode.WRONG_VM_STATE,
                        "VM %s is %s here; it has not been moved".formatted(vm, there.state()));
            }
            domains.notifyListeners("undefine", vm, Domain::undefine);
        });
        finished.run();
    }
}
