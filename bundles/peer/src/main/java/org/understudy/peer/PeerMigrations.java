// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Scheduler;

/**
 * The hosts of this server that migrations of other servers use. This server does not see their end, so each call of one
 * keeps its host open with its options for another minute.
 */
final class PeerMigrations implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Hosts hosts;
    private final Scheduler scheduler;
    private final Map<HostName, Held> held = new HashMap<>();

    private record Held(Subscription hold, Subscription timer) {
        void end() {
            timer.close();
            hold.close();
        }
    }

    PeerMigrations(Hosts hosts, Scheduler scheduler) {
        this.hosts = hosts;
        this.scheduler = scheduler;
    }

    void called(Host host, HostName name) {
        Subscription hold = hosts.hold(host, "a migration by another server");
        Held fresh = new Held(hold, scheduler.after(LIMIT, () -> expire(name, hold)));
        replace(name, fresh).ifPresent(Held::end);
    }

    private synchronized Optional<Held> replace(HostName name, Held fresh) {
        return Optional.ofNullable(held.put(name, fresh));
    }

    private void expire(HostName name, Subscription hold) {
        synchronized (this) {
            held.computeIfPresent(name, (n, now) -> now.hold() == hold ? null : now);
        }
        hold.close();
    }

    @Override
    public synchronized void close() {
        held.values().forEach(Held::end);
        held.clear();
    }
}
