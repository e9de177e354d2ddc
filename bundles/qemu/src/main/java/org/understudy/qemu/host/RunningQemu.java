// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.qemu.process.QemuProcess;
import org.understudy.qemu.process.RunRecord;
import org.understudy.qemu.process.VmFolder;
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.QmpCommand;
import org.understudy.qemu.qmp.QmpEvent;
import org.understudy.qemu.qmp.QmpEvents;

/** One QEMU of one VM, from its start or adoption to its end. */
final class RunningQemu {
    static final Duration ANSWER = Duration.ofSeconds(5);
    private static final Duration POLL = Duration.ofMillis(10);

    private final VmFolder folder;
    private final QemuProcess process;
    private final QemuEventQueue events;
    private final Set<String> negotiated = ConcurrentHashMap.newKeySet();
    private final CountDownLatch silent = new CountDownLatch(1);
    private volatile RunRecord run;
    private volatile Optional<QmpClient> monitor = Optional.empty();
    private volatile Optional<String> cause = Optional.empty();

    RunningQemu(VmFolder folder, QemuProcess process, RunRecord run, QemuEventQueue events) {
        this.folder = folder;
        this.process = process;
        this.run = run.withProcess(process);
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

    /** Changes the role, on disk first. */
    synchronized void store(RunRecord changed) {
        folder.store(changed);
        run = changed;
    }

    boolean isReachable() {
        return monitor.filter(QmpClient::isOpen).isPresent();
    }

    /**
     * Blocks until QEMU answers on its monitor.
     *
     * @throws UnderstudyException if it ends first, or does not answer in time
     */
    void connect(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (!Files.exists(folder.monitor()) && process.isAlive() && System.nanoTime() - end < 0) {
            process.awaitExit(POLL);
        }
        if (!process.isAlive()) {
            throw new UnderstudyException(ErrorCode.QMP_DISCONNECTED, endReason());
        }
        Duration left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
        monitor = Optional.of(QmpClient.connect(folder.monitor(), left, this::event, e -> silent.countDown()));
    }

    /** Lets go of the monitor; QEMU goes on. */
    void disconnect() {
        monitor.ifPresent(QmpClient::close);
    }

    /** @throws UnderstudyException if QEMU refuses, is not reachable, or does not answer in time */
    <T> T ask(QmpCommand<T> command) {
        return client().execute(command, ANSWER);
    }

    QmpClient client() {
        return monitor.orElseThrow(() ->
                new UnderstudyException(ErrorCode.QMP_DISCONNECTED, "the monitor of VM " + vm() + " can't be reached"));
    }

    /** Notes why QEMU is going to end. */
    void endsBecause(String reason) {
        cause = Optional.of(reason);
    }

    boolean wasNegotiated(String standby) {
        return negotiated.contains(standby);
    }

    /** Waits a moment for the last events of a QEMU that has ended. */
    void drain() {
        if (monitor.isEmpty()) {
            return;
        }
        try {
            if (!silent.await(ANSWER.toMillis(), TimeUnit.MILLISECONDS)) {
                disconnect();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why QEMU ended; only once it has. */
    String endReason() {
        OptionalInt code = process.exitCode();
        if (cause.isPresent() && (code.isEmpty() || code.getAsInt() == 0 || code.getAsInt() > 128)) {
            return cause.get();
        }
        String how = "QEMU ended";
        if (code.isPresent()) {
            int c = code.getAsInt();
            how = c > 128 ? "QEMU was ended by signal " + (c - 128) : "QEMU exited with " + c;
        }
        String tail = folder.logTail();
        return tail.isEmpty() ? how : how + ": " + tail;
    }

    private void event(QmpEvent event) {
        try {
            note(event);
        } finally {
            EventMapper.map(vm(), event).ifPresent(events::publish);
        }
    }

    private void note(QmpEvent event) {
        switch (event.name()) {
            case QmpEvents.FAILOVER_NEGOTIATED ->
                negotiated.add(event.data().path("device-id").asText());
            case QmpEvents.RESET -> negotiated.clear();
            case QmpEvents.RESUME -> runsHereAgain();
            case QmpEvents.SHUTDOWN -> {
                if (cause.isEmpty()) {
                    cause = Optional.of(
                            event.data().path("guest").asBoolean()
                                    ? "guest shutdown"
                                    : "QEMU was told to end: "
                                            + event.data().path("reason").asText());
                }
            }
            default -> {}
        }
    }

    /** A switch that failed: QEMU lets the guest go on by itself, so it is on no other host. */
    private synchronized void runsHereAgain() {
        if (run.role() == RunRecord.Role.SWITCHING) {
            store(run.withRole(RunRecord.Role.OUTGOING));
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
