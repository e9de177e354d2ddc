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

    private final QemuVm vm;
    private final RunningQemu qemu;
    private final QemuThreads threads;
    private int failures;
    private long reconnectAt;

    QemuPoller(QemuVm vm, RunningQemu qemu, QemuThreads threads) {
        this.vm = vm;
        this.qemu = qemu;
        this.threads = threads;
        this.reconnectAt = threads.scheduler().nanos();
    }

    void start() {
        threads.scheduler().after(INTERVAL, this::enqueue);
    }

    private void enqueue() {
        try {
            threads.polls().execute(this::run);
        } catch (RejectedExecutionException e) {
            LOG.debug("VM {}: polling of QEMU stopped", vm.name());
        }
    }

    private void run() {
        if (qemu.isReleased()) {
            return;
        }
        try {
            poll();
        } catch (RuntimeException | Error e) {
            LOG.error("VM {}: polling of QEMU failed, retrying", vm.name(), e);
        }
        if (vm.running().filter(r -> r == qemu).isPresent()) {
            start();
        }
    }

    private void poll() {
        if (!qemu.process().isAlive()) {
            vm.onExit(qemu);
        } else if (!qemu.isReachable() && threads.scheduler().nanos() - reconnectAt >= 0) {
            reconnect();
        }
    }

    private void reconnect() {
        try {
            qemu.connect(CONNECT_LIMIT);
            failures = 0;
            qemu.publish(new HostEvent.EventsMissed(vm.name(), RunningQemu.now()));
        } catch (UnderstudyException e) {
            Duration pause = RECONNECTS.pause(++failures);
            reconnectAt = threads.scheduler().nanos() + pause.toNanos();
            LOG.warn("VM {}: monitor of QEMU does not answer, retrying: {}", vm.name(), e.getMessage());
        }
    }
}
