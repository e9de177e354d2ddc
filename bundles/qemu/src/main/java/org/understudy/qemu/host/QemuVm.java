// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.qemu.domain.DefinitionReader;
import org.understudy.qemu.domain.Domain;
import org.understudy.qemu.process.QemuProcess;
import org.understudy.qemu.process.RunRecord;
import org.understudy.qemu.process.RunRecord.Role;
import org.understudy.qemu.process.VmFolder;
import org.understudy.qemu.qmp.QmpCommands;
import org.understudy.qemu.qmp.RunStatus;

/**
 * One VM of this host: its folder, and its QEMU while it runs. Changes are serialized; queries use the current QEMU
 * without waiting for them.
 */
final class QemuVm {
    private static final Logger LOG = LoggerFactory.getLogger(QemuVm.class);
    private static final Duration EXIT_LIMIT = Duration.ofSeconds(10);

    private final VmFolder folder;
    private final QemuRuntime runtime;
    private volatile Optional<RunningQemu> running = Optional.empty();
    private volatile String details = "";

    QemuVm(VmFolder folder, QemuRuntime runtime) {
        this.folder = folder;
        this.runtime = runtime;
    }

    VmName name() {
        return folder.vm();
    }

    VmFolder folder() {
        return folder;
    }

    QemuRuntime runtime() {
        return runtime;
    }

    Optional<RunningQemu> running() {
        return running;
    }

    /** The running QEMU. @throws UnderstudyException {@link ErrorCode#WRONG_VM_STATE} if the VM is off */
    RunningQemu qemu() {
        return running.orElseThrow(() -> wrongState("is off"));
    }

    /** The cause of the last end; may be empty. */
    String details() {
        return details;
    }

    UnderstudyException wrongState(String state) {
        return new UnderstudyException(ErrorCode.WRONG_VM_STATE, "VM " + name() + " " + state);
    }

    /** True if the VM has neither a definition nor a QEMU. */
    boolean isEmpty() {
        return running.isEmpty() && folder.definition().isEmpty();
    }

    // Adoption

    /** Adopts the QEMU that an earlier server started, if it still runs. */
    synchronized void adopt() {
        Optional<RunRecord> run = folder.run();
        Optional<QemuProcess> process = run.flatMap(
                r -> r.pid() == 0 ? QemuProcess.find(folder.pidFile()) : QemuProcess.find(r.pid(), r.startTicks()));
        if (process.isPresent()) {
            folder.truncateLog();
            RunningQemu qemu =
                    new RunningQemu(folder, process.get(), run.orElseThrow(), runtime.threads(), runtime.events());
            connectMonitor(qemu);
            attach(qemu);
            LOG.info(
                    "VM {}: adopted, QEMU runs as process {}",
                    name(),
                    qemu.process().pid());
        } else if (run.isPresent()) {
            details = "QEMU ended while Understudy was not running"
                    + (folder.logTail().isEmpty() ? "" : ": " + folder.logTail());
            clearRun(run.get());
        }
    }

    private void connectMonitor(RunningQemu qemu) {
        try {
            qemu.connect(QemuPoller.CONNECT_LIMIT);
        } catch (UnderstudyException e) {
            LOG.warn("VM {}: monitor of QEMU does not answer, retrying: {}", name(), e.getMessage());
        }
    }

    /**
     * Clears the run, but keeps the record of a switchover: the VM may run on the destination and must not start here.
     */
    private void clearRun(RunRecord run) {
        if (run.role() == Role.SWITCHING) {
            folder.store(new RunRecord(Role.SWITCHING, 0, 0, run.accelerator(), run.uri(), run.vfs()));
        } else {
            folder.clearRunOrDelete();
        }
    }

    /** Sets the QEMU of this VM and starts to poll it. */
    void attach(RunningQemu qemu) {
        running = Optional.of(qemu);
        details = "";
        new QemuPoller(qemu, runtime.threads(), () -> onExit(qemu)).start();
    }

    /** Records the end of a QEMU whose process has ended. */
    synchronized void onExit(RunningQemu qemu) {
        if (running.filter(r -> r == qemu).isEmpty()) {
            return;
        }
        qemu.awaitLastEvents();
        details = qemu.endReason();
        running = Optional.empty();
        try {
            clearRun(qemu.run());
        } finally {
            qemu.publish(new HostEvent.Stopped(name(), RunningQemu.now(), details));
        }
    }

    // Lifecycle

    VmState state() {
        Optional<RunningQemu> now = running;
        if (now.isEmpty()) {
            return VmState.SHUTOFF;
        }
        if (now.get().run().role() == Role.INCOMING && now.get().process().isAlive()) {
            return VmState.INCOMING;
        }
        try {
            return state(now.get().execute(QmpCommands.queryStatus()));
        } catch (UnderstudyException e) {
            if (now.get().process().isAlive()) {
                return VmState.UNKNOWN;
            }
            onExit(now.get());
            return VmState.SHUTOFF;
        }
    }

    private static VmState state(RunStatus status) {
        if (status.running()) {
            return VmState.RUNNING;
        }
        return status.status().equals("inmigrate") ? VmState.INCOMING : VmState.PAUSED;
    }

    synchronized void start(Map<String, PciAddress> vfs) {
        requireOff();
        String definition = folder.definition().orElseThrow(() -> wrongState("has no definition"));
        RunningQemu qemu = runtime.launch(folder, definition, Role.RUNNING, vfs);
        attach(qemu);
        qemu.publish(new HostEvent.Started(name(), RunningQemu.now()));
        setBalloon(qemu, definition);
        qemu.execute(QmpCommands.cont());
    }

    void requireOff() {
        if (running.isPresent()) {
            throw wrongState("already has a running QEMU");
        }
        if (folder.run().filter(r -> r.role() == Role.SWITCHING).isPresent()) {
            throw wrongState("may run on the other host: its QEMU ended during the switchover of a migration;"
                    + " if it does not run there, destroy it on this host to clear the migration");
        }
    }

    private static void setBalloon(RunningQemu qemu, String definition) {
        Domain.Memory memory = DefinitionReader.read(definition).domain().memory();
        if (memory.current() < memory.total()) {
            qemu.client().execute("balloon", Map.of("value", memory.current() * 1024), RunningQemu.REPLY_LIMIT);
        }
    }

    synchronized void destroy() {
        if (running.isEmpty() && folder.run().isPresent()) {
            folder.clearRun();
            return;
        }
        RunningQemu qemu = qemu();
        if (qemu.run().role() == Role.INCOMING) {
            throw wrongState("is receiving a migration; cancel the migration instead");
        }
        terminate(qemu, "destroyed");
    }

    /** Ends QEMU; on return its process has ended. */
    synchronized void terminate(RunningQemu qemu, String reason) {
        qemu.recordEndReason(reason);
        quit(qemu);
        if (!qemu.process().awaitExit(Duration.ofSeconds(2))) {
            qemu.process().kill();
        }
        if (!qemu.process().awaitExit(EXIT_LIMIT)) {
            throw new UnderstudyException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "Process %d of VM %s does not end".formatted(qemu.process().pid(), name()));
        }
        onExit(qemu);
    }

    private static void quit(RunningQemu qemu) {
        try {
            qemu.client().execute(QmpCommands.quit(), Duration.ofSeconds(2));
        } catch (UnderstudyException e) {
            // QEMU may exit before its reply. A QEMU that does not reply is killed.
            LOG.debug("VM {}: no reply to quit", qemu.vm(), e);
        }
    }

    /** Returns the QEMU, unless it is the destination of a migration. */
    RunningQemu ownedQemu() {
        RunningQemu qemu = qemu();
        if (qemu.run().role() == Role.INCOMING) {
            throw wrongState("is receiving a migration");
        }
        return qemu;
    }

    synchronized void resume() {
        RunningQemu qemu = ownedQemu();
        String status = qemu.execute(QmpCommands.queryStatus()).status();
        if (qemu.run().role() == Role.SWITCHING || status.equals("postmigrate") || status.equals("finish-migrate")) {
            throw wrongState("was migrated to another host; only a rollback of the migration may resume it here");
        }
        qemu.execute(QmpCommands.cont());
    }
}
