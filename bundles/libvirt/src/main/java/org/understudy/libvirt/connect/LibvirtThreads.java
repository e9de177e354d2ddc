// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.util.concurrent.ExecutorService;
import org.understudy.concurrent.Scheduler;

/**
 * Threads and time of all libvirt hosts. libvirt answers for a host or QEMU that hangs only after minutes or never, so these
 * pools are wide; their threads end when they are idle.
 *
 * @param events delivers events; their listeners do not block
 * @param connections reads hosts again after a loss
 * @param calls all calls that libvirt may block
 * @param queries queries QEMU
 * @param migrations calls that libvirt blocks for the duration of a migration
 */
public record LibvirtThreads(
        Scheduler scheduler,
        ExecutorService events,
        ExecutorService connections,
        NativeCalls calls,
        ExecutorService queries,
        ExecutorService migrations)
        implements AutoCloseable {
    /** The number of calls that may hang before others wait. */
    private static final int HANGING_CALLS = 256;

    public LibvirtThreads(Scheduler scheduler) {
        this(
                scheduler,
                scheduler.pool("understudy-libvirt-events"),
                wide(scheduler, "understudy-libvirt-connections"),
                new NativeCalls(scheduler.blockingPool("understudy-libvirt-calls")),
                wide(scheduler, "understudy-libvirt-queries"),
                wide(scheduler, "understudy-libvirt-migrations"));
    }

    /** Queries and migrations are bounded by the VMs, tasks of connections by the hosts. */
    private static ExecutorService wide(Scheduler scheduler, String name) {
        return scheduler.pool(name, HANGING_CALLS, Integer.MAX_VALUE);
    }

    @Override
    public void close() {
        events.shutdown();
        connections.shutdown();
        calls.close();
        queries.shutdown();
        migrations.shutdown();
    }
}
