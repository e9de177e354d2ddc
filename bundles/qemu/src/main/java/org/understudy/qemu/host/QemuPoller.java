// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.Backoff;

/**
 * Polls one running QEMU until it has ended or is released: detects its end, and reconnects a lost monitor. Polls do not
 * overlap.
 */
final class QemuPoller {
    private static final Logger LOG = LoggerFactory.getLogger(QemuPoller.class);
    private static final Duration INTERVAL = Duration.ofMillis(100);
    /** Limit for a monitor to answer. */
    static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);

    private static final Backoff RECONNECTS = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));

    private final RunningQemu qemu;
    private final QemuThreads threads;
    private final Runnable exited;
    private int failures;
    private long reconnectAt;

    /** @param exited called when the process has ended, again after it threw */
    QemuPoller(RunningQemu qemu, QemuThreads threads, Runnable exited) {
        this.qemu = qemu;
        this.threads = threads;
        this.exited = exited;
        this.reconnectAt = threads.scheduler().nanos();
    }

    void start() {
        threads.scheduler().after(INTERVAL, this::enqueue);
    }

    private void enqueue() {
        try {
            threads.polls().execute(this::run);
        } catch (RejectedExecutionException e) {
            LOG.debug("VM {}: polling of QEMU stopped", qemu.vm());
        }
    }

    private void run() {
        if (qemu.isReleased()) {
            return;
        }
        boolean over = false;
        try {
            over = poll();
        } catch (RuntimeException | Error e) {
            LOG.error("VM {}: polling of QEMU failed, retrying", qemu.vm(), e);
        }
        if (!over) {
            start();
        }
    }

    /** True if QEMU has ended. */
    private boolean poll() {
        if (!qemu.process().isAlive()) {
            exited.run();
            return true;
        }
        if (!qemu.isReachable() && threads.scheduler().nanos() - reconnectAt >= 0) {
            reconnect();
        }
        return false;
    }

    private void reconnect() {
        try {
            qemu.connect(CONNECT_LIMIT);
            failures = 0;
            qemu.publish(new HostEvent.EventsMissed(qemu.vm(), RunningQemu.now()));
        } catch (UnderstudyException e) {
            Duration pause = RECONNECTS.pause(++failures);
            reconnectAt = threads.scheduler().nanos() + pause.toNanos();
            LOG.warn("VM {}: monitor of QEMU does not answer, retrying: {}", qemu.vm(), e.getMessage());
        }
    }
}
