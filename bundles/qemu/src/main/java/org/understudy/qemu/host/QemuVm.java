// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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
 * One VM of this host: its folder, and its QEMU while there is one. Changes run one after another; questions read the
 * present QEMU without waiting.
 */
final class QemuVm {
    private static final Logger LOG = LoggerFactory.getLogger(QemuVm.class);
    private static final Duration ADOPTION = Duration.ofSeconds(3);
    private static final Duration GONE = Duration.ofSeconds(10);
    private static final long WATCH_MILLIS = 100;

    private final VmFolder folder;
    private final QemuRuntime runtime;
    private final ScheduledExecutorService keeper;
    private volatile Optional<RunningQemu> running = Optional.empty();
    private volatile String details = "";

    QemuVm(VmFolder folder, QemuRuntime runtime, ScheduledExecutorService keeper) {
        this.folder = folder;
        this.runtime = runtime;
        this.keeper = keeper;
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

    /** The QEMU that runs. @throws UnderstudyException {@link ErrorCode#WRONG_VM_STATE} if the VM is off */
    RunningQemu qemu() {
        return running.orElseThrow(() -> wrongState("is off"));
    }

    /** Why it is as it is; may be empty. */
    String details() {
        return details;
    }

    UnderstudyException wrongState(String state) {
        return new UnderstudyException(ErrorCode.WRONG_VM_STATE, "VM " + name() + " " + state);
    }

    /** True if there is neither a definition nor a QEMU: nothing of the VM is left. */
    boolean isEmpty() {
        return running.isEmpty() && folder.definition().isEmpty();
    }

    // Adoption

    /** Takes over the QEMU that an earlier server started, if it is still there. */
    synchronized void adopt() {
        Optional<RunRecord> run = folder.run();
        Optional<QemuProcess> process = run.flatMap(
                r -> r.pid() == 0 ? QemuProcess.find(folder.pidFile()) : QemuProcess.find(r.pid(), r.startTicks()));
        if (process.isPresent()) {
            folder.truncateLog();
            RunningQemu qemu = new RunningQemu(folder, process.get(), run.orElseThrow(), runtime.events());
            keep(qemu);
            reach(qemu);
            LOG.info("VM {} runs as process {}; adopted", name(), qemu.process().pid());
        } else if (run.isPresent()) {
            details = "QEMU ended while nobody watched" + (folder.logTail().isEmpty() ? "" : ": " + folder.logTail());
            forget(run.get());
        }
    }

    private void reach(RunningQemu qemu) {
        try {
            qemu.connect(ADOPTION);
        } catch (UnderstudyException e) {
            LOG.warn("The monitor of VM {} does not answer: {}", name(), e.getMessage());
        }
    }

    /** A guest that may be on its destination must not be started here again; the record stays as the reminder. */
    private void forget(RunRecord run) {
        if (run.role() == Role.SWITCHING) {
            folder.store(new RunRecord(Role.SWITCHING, 0, 0, run.accelerator(), run.uri(), run.vfs()));
        } else {
            folder.clearRunOrDelete();
        }
    }

    /** Makes a QEMU this VM's present one. */
    void keep(RunningQemu qemu) {
        running = Optional.of(qemu);
        details = "";
        watch(qemu);
    }

    private void watch(RunningQemu qemu) {
        try {
            keeper.schedule(() -> lookAfter(qemu), WATCH_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("VM {} is not watched any more", name());
        }
    }

    private void lookAfter(RunningQemu qemu) {
        try {
            look(qemu);
        } catch (RuntimeException | Error e) {
            LOG.error("VM {} can't be watched", name(), e);
        }
        if (running.filter(r -> r == qemu).isPresent()) {
            watch(qemu);
        }
    }

    /** Notices the end of a QEMU, and calls again where the monitor was lost. */
    private void look(RunningQemu qemu) {
        if (!qemu.process().isAlive()) {
            ended(qemu);
        } else if (!qemu.isReachable()) {
            reach(qemu);
        }
    }

    private synchronized void ended(RunningQemu qemu) {
        if (running.filter(r -> r == qemu).isEmpty()) {
            return;
        }
        qemu.drain();
        details = qemu.endReason();
        running = Optional.empty();
        forget(qemu.run());
        qemu.publish(new HostEvent.Stopped(name(), RunningQemu.now(), details));
    }

    // Life cycle

    VmState state() {
        Optional<RunningQemu> now = running;
        if (now.isEmpty()) {
            return VmState.SHUTOFF;
        }
        if (now.get().run().role() == Role.INCOMING && now.get().process().isAlive()) {
            return VmState.INCOMING;
        }
        try {
            return state(now.get().ask(QmpCommands.queryStatus()));
        } catch (UnderstudyException e) {
            if (now.get().process().isAlive()) {
                return VmState.UNKNOWN;
            }
            ended(now.get());
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
        keep(qemu);
        qemu.publish(new HostEvent.Started(name(), RunningQemu.now()));
        balloon(qemu, definition);
        qemu.ask(QmpCommands.cont());
    }

    void requireOff() {
        if (running.isPresent()) {
            throw wrongState("has a QEMU already");
        }
        if (folder.run().filter(r -> r.role() == Role.SWITCHING).isPresent()) {
            throw wrongState("was being moved when its QEMU ended, and may run on the other host;"
                    + " if it does not, destroy it here to forget the move");
        }
    }

    private static void balloon(RunningQemu qemu, String definition) {
        Domain.Memory memory = DefinitionReader.read(definition).domain().memory();
        if (memory.current() < memory.total()) {
            qemu.client().execute("balloon", Map.of("value", memory.current() * 1024), RunningQemu.ANSWER);
        }
    }

    synchronized void destroy() {
        if (running.isEmpty() && folder.run().isPresent()) {
            folder.clearRun();
            return;
        }
        RunningQemu qemu = qemu();
        if (qemu.run().role() == Role.INCOMING) {
            throw wrongState("only receives a migration; abort that");
        }
        end(qemu, "destroyed");
    }

    /** Ends QEMU; on return it is proven gone. */
    synchronized void end(RunningQemu qemu, String reason) {
        qemu.endsBecause(reason);
        quit(qemu);
        if (!qemu.process().awaitExit(Duration.ofSeconds(2))) {
            qemu.process().kill();
        }
        if (!qemu.process().awaitExit(GONE)) {
            throw new UnderstudyException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "process %d of VM %s does not end".formatted(qemu.process().pid(), name()));
        }
        ended(qemu);
    }

    private static void quit(RunningQemu qemu) {
        try {
            qemu.client().execute(QmpCommands.quit(), Duration.ofSeconds(2));
        } catch (UnderstudyException e) {
            // QEMU may end before it answers, and one that can't answer is killed.
            LOG.debug("VM {} did not answer 'quit'", qemu.vm(), e);
        }
    }

    /** Refuses what only the VM itself may do, while it arrives or may have left. */
    RunningQemu owned() {
        RunningQemu qemu = qemu();
        if (qemu.run().role() == Role.INCOMING) {
            throw wrongState("only receives a migration");
        }
        return qemu;
    }

    synchronized void resume() {
        RunningQemu qemu = owned();
        String status = qemu.ask(QmpCommands.queryStatus()).status();
        if (qemu.run().role() == Role.SWITCHING || status.equals("postmigrate") || status.equals("finish-migrate")) {
            throw wrongState("has been sent to another host; only the migration may take it back");
        }
        qemu.ask(QmpCommands.cont());
    }
}
