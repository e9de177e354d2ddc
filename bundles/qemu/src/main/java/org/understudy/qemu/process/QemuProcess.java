// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.SystemScheduler;

/** One QEMU process, started by this server or by an earlier one. */
public final class QemuProcess {
    private static final Path PROC = Path.of("/proc");
    private static final long POLL_NANOS = Duration.ofMillis(10).toNanos();

    private final long pid;
    private final long startTicks;
    private final Optional<Process> child;

    private QemuProcess(long pid, long startTicks, Optional<Process> child) {
        this.pid = pid;
        this.startTicks = startTicks;
        this.child = child;
    }

    static QemuProcess started(Process process) {
        long ticks = ProcStat.of(PROC, process.pid()).map(ProcStat::startTicks).orElse(-1L);
        return new QemuProcess(process.pid(), ticks, Optional.of(process));
    }

    /** Finds the process of a run record; empty if it has ended, even if its id was reused. */
    public static Optional<QemuProcess> find(long pid, long startTicks) {
        QemuProcess process = new QemuProcess(pid, startTicks, Optional.empty());
        return process.isAlive() ? Optional.of(process) : Optional.empty();
    }

    /**
     * Finds the process of a run whose start was interrupted: by the process id that QEMU wrote, if the command line of
     * that process names the same file.
     *
     * @param pidFile as written by QEMU for {@code -pidfile}
     */
    public static Optional<QemuProcess> find(Path pidFile) {
        try {
            long pid = Long.parseLong(Files.readString(pidFile).strip());
            String command =
                    Files.readString(PROC.resolve(Long.toString(pid)).resolve("cmdline"), StandardCharsets.ISO_8859_1);
            return command.contains(pidFile.toString())
                    ? ProcStat.of(PROC, pid).flatMap(s -> find(pid, s.startTicks()))
                    : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    public long pid() {
        return pid;
    }

    /** Start time in clock ticks since boot. */
    public long startTicks() {
        return startTicks;
    }

    /** False once the kernel reports the end of the process; a zombie is not alive. */
    public boolean isAlive() {
        return ProcStat.of(PROC, pid)
                .filter(s -> s.startTicks() == startTicks && !s.hasEnded())
                .isPresent();
    }

    /** Blocks until the process has ended; false if it is alive after the limit or the thread is interrupted. */
    public boolean awaitExit(Duration limit) {
        Deadline end = Deadline.in(SystemScheduler.process(), limit);
        while (isAlive()) {
            if (end.isOver() || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** Kills the process, but never another process that reused its id. */
    public void kill() {
        if (isAlive()) {
            child.map(Process::toHandle).or(() -> ProcessHandle.of(pid)).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    /** 0 to 255, or 128 plus the signal; empty if the process is alive or was started by an earlier server. */
    public OptionalInt exitCode() {
        if (child.isEmpty() || isAlive()) {
            return OptionalInt.empty();
        }
        try {
            return child.get().waitFor(1, TimeUnit.SECONDS)
                    ? OptionalInt.of(child.get().exitValue())
                    : OptionalInt.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OptionalInt.empty();
        }
    }
}
