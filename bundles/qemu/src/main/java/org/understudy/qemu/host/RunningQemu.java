// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.qemu.domain.PrimaryRemoval;
import org.understudy.qemu.process.QemuProcess;
import org.understudy.qemu.process.RunRecord;
import org.understudy.qemu.process.VmFolder;
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.QmpCommand;
import org.understudy.qemu.qmp.QmpEvent;
import org.understudy.qemu.qmp.QmpEvents;

/** One QEMU of one VM, from its start or adoption to its end. */
final class RunningQemu {
    static final Duration REPLY_LIMIT = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(10);

    private final VmFolder folder;
    private final QemuProcess process;
    private final QemuThreads threads;
    private final HostEventQueue events;
    private final Set<String> negotiated = ConcurrentHashMap.newKeySet();
    private volatile RunRecord run;
    private volatile Optional<QmpClient> monitor = Optional.empty();
    /** Zero after the last event of the present monitor connection. */
    private volatile CountDownLatch monitorClosed = new CountDownLatch(0);

    private volatile boolean released;
    private volatile Optional<String> recordedReason = Optional.empty();

    RunningQemu(VmFolder folder, QemuProcess process, RunRecord run, QemuThreads threads, HostEventQueue events) {
        this.folder = folder;
        this.process = process;
        this.run = run.withProcess(process);
        this.threads = threads;
        this.events = events;
        folder.store(this.run);
    }

    QemuProcess process() {
        return process;
    }

    VmName vm() {
        return folder.vm();
    }

    RunRecord run() {
        return run;
    }

    /** Stores a changed record, first on disk. */
    synchronized void store(RunRecord changed) {
        folder.store(changed);
        run = changed;
    }

    boolean isReachable() {
        return monitor.filter(QmpClient::isOpen).isPresent();
    }

    /**
     * Blocks until the monitor of QEMU replies.
     *
     * @throws UnderstudyException if QEMU ends first, or does not reply in time
     */
    void connect(Duration limit) {
        Deadline end = Deadline.in(SystemScheduler.process(), limit);
        while (!Files.exists(folder.monitor()) && process.isAlive() && !end.isOver()) {
            process.awaitExit(POLL);
        }
        if (!process.isAlive()) {
            throw new UnderstudyException(ErrorCode.QMP_DISCONNECTED, endReason());
        }
        Duration left = Collections.max(List.of(end.left(), Duration.ofNanos(1)));
        CountDownLatch closed = new CountDownLatch(1);
        // The guest may have been reset while no event was received.
        negotiated.clear();
        monitor = Optional.of(
                QmpClient.connect(folder.monitor(), left, threads.events(), this::onEvent, e -> closed.countDown()));
        monitorClosed = closed;
        if (released) {
            release();
        }
    }

    /** Closes the monitor connection permanently; QEMU continues to run. */
    void release() {
        released = true;
        monitor.ifPresent(QmpClient::close);
    }

    boolean isReleased() {
        return released;
    }

    /** @throws UnderstudyException if QEMU rejects the command, is unreachable, or does not reply in time */
    <T> T execute(QmpCommand<T> command) {
        return execute(command, Duration.ZERO);
    }

    /**
     * The same for a command that may take longer.
     *
     * @param more than usual
     */
    <T> T execute(QmpCommand<T> command, Duration more) {
        return client().execute(command, REPLY_LIMIT.plus(more));
    }

    QmpClient client() {
        return monitor.orElseThrow(() ->
                new UnderstudyException(ErrorCode.QMP_DISCONNECTED, "VM " + vm() + ": monitor of QEMU is unreachable"));
    }

    /** Records why QEMU is about to end. */
    void recordEndReason(String reason) {
        recordedReason = Optional.of(reason);
    }

    boolean wasNegotiated(String standby) {
        return negotiated.contains(standby);
    }

    /** Waits for the last events of a QEMU that has ended. */
    void awaitLastEvents() {
        if (monitor.isEmpty()) {
            return;
        }
        try {
            if (!monitorClosed.await(REPLY_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The reason why QEMU ended; valid after its end. */
    String endReason() {
        OptionalInt code = process.exitCode();
        if (recordedReason.isPresent() && (code.isEmpty() || code.getAsInt() == 0 || code.getAsInt() > 128)) {
            return recordedReason.get();
        }
        String how = "QEMU ended";
        if (code.isPresent()) {
            int c = code.getAsInt();
            how = c > 128 ? "QEMU was killed by signal " + (c - 128) : "QEMU exited with " + c;
        }
        String tail = folder.logTail();
        return tail.isEmpty() ? how : how + ": " + tail;
    }

    private void onEvent(QmpEvent event) {
        try {
            updateState(event);
        } finally {
            EventMapper.map(vm(), event).ifPresent(events::publish);
        }
    }

    private void updateState(QmpEvent event) {
        switch (event.name()) {
            case QmpEvents.FAILOVER_NEGOTIATED ->
                negotiated.add(event.data().path("device-id").asText());
            case QmpEvents.RESET -> negotiated.clear();
            case QmpEvents.RESUME -> onFailedSwitchover();
            case QmpEvents.DEVICE_DELETED -> EventMapper.device(event).ifPresent(this::onReleased);
            case QmpEvents.SHUTDOWN -> {
                if (recordedReason.isEmpty()) {
                    recordedReason = Optional.of(
                            event.data().path("guest").asBoolean()
                                    ? "guest shutdown"
                                    : "QEMU received a shutdown request: "
                                            + event.data().path("reason").asText());
                }
            }
            default -> {}
        }
    }

    /** After a failed switchover, QEMU resumes the VM itself, so it runs on no other host. */
    private synchronized void onFailedSwitchover() {
        if (run.role() == RunRecord.Role.SWITCHING) {
            store(run.withRole(RunRecord.Role.OUTGOING));
        }
    }

    /** A primary whose pair was switched off does not return, neither here nor on the destination of a migration. */
    private void onReleased(Alias device) {
        synchronized (folder) {
            folder.definition()
                    .flatMap(stored ->
                            folder.liveDefinition().flatMap(live -> PrimaryRemoval.from(live, stored, device)))
                    .ifPresent(folder::storeLiveDefinition);
        }
    }

    /** Stores the definition of the running VM; the next release of a device reads it. */
    void storeLiveDefinition(String xml) {
        synchronized (folder) {
            folder.storeLiveDefinition(xml);
        }
    }

    /** Publishes an event that QEMU does not send itself. */
    void publish(HostEvent event) {
        events.publish(event);
    }

    static Instant now() {
        return Instant.now();
    }
}
