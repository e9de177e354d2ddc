// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;

/**
 * Sends the pings of all hosts. Those that are due at the same turn share a thread, because to wake one costs more than a ping. Pings that
 * wait at the next turn, behind hosts that are slow or hang, get further threads.
 */
final class PingTurns {
    private static final Logger LOG = LoggerFactory.getLogger(PingTurns.class);
    private static final Duration TURN = Duration.ofMillis(250);
    /** Pings that wait, for each further thread. */
    private static final int SHARE = 4;

    private final Scheduler scheduler;
    private final NativeCalls calls;
    private final Set<Ping> pings = ConcurrentHashMap.newKeySet();
    private final Queue<Ping> due = new ConcurrentLinkedQueue<>();
    private Subscription timer = () -> {};

    /** The pings of one host. */
    interface Ping {
        HostName host();

        /** Whether one is to be sent now; true once for each. Does not block. */
        boolean isDue(long nanos);

        /** Sends it and waits for the answer. */
        void send();
    }

    PingTurns(Scheduler scheduler, NativeCalls calls) {
        this.scheduler = scheduler;
        this.calls = calls;
    }

    synchronized void add(Ping ping) {
        if (pings.isEmpty()) {
            timer = scheduler.every(TURN, this::turn);
        }
        pings.add(ping);
    }

    synchronized void remove(Ping ping) {
        pings.remove(ping);
        if (pings.isEmpty()) {
            timer.close();
        }
    }

    private void turn() {
        int waiting = due.size();
        long now = scheduler.nanos();
        pings.stream().filter(ping -> ping.isDue(now)).forEach(due::add);
        if (!due.isEmpty()) {
            start(1 + (waiting + SHARE - 1) / SHARE);
        }
    }

    private void start(int threads) {
        try {
            for (int i = 0; i < threads; i++) {
                calls.execute(this::sendAll);
            }
        } catch (RejectedExecutionException e) {
            LOG.debug("Pings wait for the next turn: no thread is free", e);
        }
    }

    private void sendAll() {
        for (Ping next = due.poll(); next != null; next = due.poll()) {
            calls.count(next.host(), next::send);
        }
    }
}
