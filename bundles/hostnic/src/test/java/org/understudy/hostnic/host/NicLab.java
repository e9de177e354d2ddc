// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.NicInventory;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.testing.FakeScheduler;

/** The service under test with a configuration that the test can change, and a time that the test advances. */
final class NicLab implements AutoCloseable {
    static final ServerId SERVER = new ServerId("s1");

    /** The longest pause after a failure. */
    private static final Duration RETRY = Duration.ofSeconds(32);

    final Configuration configuration = new Configuration();
    final FakeScheduler time = new FakeScheduler();
    private Optional<HostNicService> service = Optional.empty();

    /** Hosts and pools of the test. */
    static final class Configuration implements Policies {
        private final List<Consumer<Policy>> listeners = new CopyOnWriteArrayList<>();
        private volatile Policy current = policy(List.of(), List.of());

        void set(List<HostPolicy> hosts, PoolPolicy... pools) {
            current = policy(hosts, List.of(pools));
            listeners.forEach(listener -> listener.accept(current));
        }

        private static Policy policy(List<HostPolicy> hosts, List<PoolPolicy> pools) {
            Duration time = Duration.ofSeconds(1);
            return new Policy(
                    hosts,
                    pools,
                    Map.of(),
                    new Policy.Deadlines(time, time, time, time, time, time, time, time),
                    false,
                    Optional.empty(),
                    false,
                    time,
                    Map.of());
        }

        @Override
        public Policy current() {
            return current;
        }

        @Override
        public List<Finding> findings() {
            return List.of();
        }

        @Override
        public Subscription listen(Consumer<Policy> listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }
    }

    /** Starts the service with its own access to NICs. */
    HostNicService open() {
        return use(new HostNicService(configuration, SERVER, time));
    }

    /** Starts the service with the test's access to NICs. */
    HostNicService open(BackendOpener opener) {
        return open(opener, time);
    }

    HostNicService open(BackendOpener opener, Scheduler scheduler) {
        return use(new HostNicService(configuration, opener, scheduler));
    }

    private HostNicService use(HostNicService opened) {
        service = Optional.of(opened);
        return opened;
    }

    NicInventory inventory(HostName host) {
        return service.orElseThrow().access(host).inventory();
    }

    /** Lets the time pass until a change of the NICs has been read. */
    void passDebounce() {
        time.advance(HostNicAccess.DEBOUNCE);
    }

    /** Lets the time pass until the access has been opened again, however often that has failed. */
    void passRetry() {
        time.advance(RETRY);
    }

    @Override
    public void close() {
        service.ifPresent(HostNicService::close);
    }
}
