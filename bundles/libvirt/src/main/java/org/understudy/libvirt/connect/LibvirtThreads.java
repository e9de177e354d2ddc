// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.util.concurrent.ExecutorService;
import org.understudy.concurrent.Scheduler;

/**
 * Threads and time of all libvirt hosts. libvirt answers for a host or QEMU that hangs only after minutes or never, so none of
 * these pools waits for such a call; their threads end when they are idle.
 *
 * @param events delivers events; their listeners do not block
 * @param connections reads hosts again after a loss
 * @param hanging the connects that have not returned by their deadline
 * @param calls all calls that libvirt may block
 * @param pings checks whether the hosts are alive
 * @param queries queries QEMU
 * @param migrations calls that libvirt blocks for the duration of a migration
 */
public record LibvirtThreads(
        Scheduler scheduler,
        ExecutorService events,
        ExecutorService connections,
        HangingConnects hanging,
        NativeCalls calls,
        PingTurns pings,
        ExecutorService queries,
        ExecutorService migrations)
        implements AutoCloseable {
    private static final int MIGRATIONS = 256;

    public LibvirtThreads(Scheduler scheduler) {
        this(scheduler, new NativeCalls(scheduler.blockingPool("understudy-libvirt-calls")));
    }

    private LibvirtThreads(Scheduler scheduler, NativeCalls calls) {
        this(
                scheduler,
                scheduler.pool("understudy-libvirt-events"),
                scheduler.hostPool("understudy-libvirt-connections"),
                new HangingConnects(scheduler),
                calls,
                new PingTurns(scheduler, calls),
                scheduler.hostPool("understudy-libvirt-queries"),
                scheduler.pool("understudy-libvirt-migrations", MIGRATIONS, Integer.MAX_VALUE));
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
