// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

class HostWatchTest {
    private final FakeScheduler clock = new FakeScheduler();
    private final FakeHost a = new FakeHost("a");
    private final FakeHost b = new FakeHost("b");
    private final List<Host> open = new CopyOnWriteArrayList<>();
    private final List<Runnable> listeners = new ArrayList<>();
    private final List<String> seen = new CopyOnWriteArrayList<>();

    private final Hosts hosts = new Hosts() {
        @Override
        public List<Host> all() {
            return List.copyOf(open);
        }

        @Override
        public Host host(HostName name) {
            return a;
        }

        @Override
        public Subscription listen(Runnable changed) {
            listeners.add(changed);
            return () -> listeners.remove(changed);
        }
    };

    private Optional<HostWatch> opened = Optional.empty();

    @AfterEach
    void close() {
        opened.ifPresent(HostWatch::close);
    }

    private HostWatch watch() {
        return watch(clock);
    }

    private HostWatch watch(Scheduler scheduler) {
        HostWatch watch = new HostWatch(
                hosts,
                host -> seen.add("opened " + host.name()),
                (host, event) -> seen.add(host.name() + " " + event.vm()),
                scheduler);
        opened = Optional.of(watch);
        return watch;
    }

    private void now(Host... hosts) {
        open.clear();
        open.addAll(List.of(hosts));
        listeners.forEach(Runnable::run);
    }

    @Test
    void subscribesOnceToAHostThatIsOpenedLaterAndDropsAClosedOne() {
        HostWatch watch = watch();
        now(a);
        assertThat(watch.host(a.name())).isPresent();
        watch.refresh();
        a.emit(new HostEvent.Started(new VmName("web1"), Instant.now()));
        assertThat(seen).containsExactly("opened a", "a web1");

        now();
        assertThat(a.consumers()).isZero();
        assertThat(watch.host(a.name())).isEmpty();
    }

    @Test
    void beginsWithTheHostsThatAreOpenAlreadyInTheirOrder() {
        open.addAll(List.of(b, a));

        watch();
        assertThat(seen).containsExactly("opened b", "opened a");
    }

    @Test
    void subscribesToAHostThatWasClosedAndReopened() {
        FakeHost another = new FakeHost("a");
        watch();
        now(a);
        now(another);

        assertThat(seen).containsExactly("opened a", "opened a");
        assertThat(a.consumers()).isZero();
        assertThat(another.consumers()).isEqualTo(1);
    }

    @Test
    void retriesASubscriptionThatAHostRefusedAfterAPause() {
        a.refuseConsumers(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "a is away"));
        watch();
        now(a, b);
        assertThat(seen).containsExactly("opened b");

        a.acceptConsumers();
        clock.advance(Duration.ofSeconds(2));

        assertThat(seen).containsExactly("opened b", "opened a");
        assertThat(clock.timed()).isZero();
    }

    @Test
    void receivesNothingAfterClose() {
        open.add(a);
        HostWatch watch = watch();
        assertThat(a.consumers()).isEqualTo(1);
        watch.close();
        watch.refresh();

        assertThat(a.consumers()).isZero();
        assertThat(listeners).isEmpty();
    }

    @Test
    void hostWhoseSubscriptionHangsDelaysNoOtherAndIsDroppedWhenItIsClosed() {
        a.with(Fault.SUBSCRIBE_HANGS);
        open.addAll(List.of(a, b));
        try {
            HostWatch watch = CompletableFuture.supplyAsync(() -> watch(SystemScheduler.process()))
                    .orTimeout(1, TimeUnit.MINUTES)
                    .join();
            await().until(() -> seen.contains("opened b"));
            assertThat(CompletableFuture.runAsync(watch::refresh)).succeedsWithin(Duration.ofMinutes(1));
            b.emit(new HostEvent.Started(new VmName("web1"), Instant.now()));
            assertThat(seen).containsExactly("opened b", "b web1");
            assertThat(watch.host(a.name())).isEmpty();

            now(b);
        } finally {
            a.without(Fault.SUBSCRIBE_HANGS);
        }
        await().until(() -> a.subscribed() == 1 && a.consumers() == 0);
        assertThat(seen).doesNotContain("opened a");
    }
}
