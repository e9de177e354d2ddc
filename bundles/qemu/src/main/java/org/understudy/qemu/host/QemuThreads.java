// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.util.concurrent.ExecutorService;
import org.understudy.concurrent.Scheduler;

/**
 * Threads and time of all hosts of the connector.
 *
 * @param events delivers events; their listeners do not block
 * @param polls polls running QEMUs; one that hangs keeps a thread until the deadline of its monitor
 */
record QemuThreads(Scheduler scheduler, ExecutorService events, ExecutorService polls) implements AutoCloseable {
    QemuThreads(Scheduler scheduler) {
        this(scheduler, scheduler.pool("understudy-qemu-events"), scheduler.pool("understudy-qemu-polls"));
    }

    @Override
    public void close() {
        events.shutdown();
        polls.shutdown();
    }
}
