// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.core.testing.FakeHost;

class HostWatchTest {
    private final FakeHost a = new FakeHost("a");
    private final List<Host> open = new CopyOnWriteArrayList<>();
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
    };

    private HostWatch watch() {
        return new HostWatch(
                hosts,
                host -> seen.add("opened " + host.name()),
                (host, event) -> seen.add(host.name() + " " + event.vm()),
                Duration.ofMillis(10));
    }

    @Test
    void hearsAHostThatIsOpenedLaterOnceAndForgetsAClosedOne() {
        try (HostWatch watch = watch()) {
            open.add(a);
            Awaitility.await().until(() -> watch.host(a.name()).isPresent());
            watch.refresh();
            a.emit(new HostEvent.Started(new VmName("web1"), Instant.now()));
            assertThat(seen).containsExactly("opened a", "a web1");

            open.clear();
            Awaitility.await().until(() -> a.consumers() == 0);
            assertThat(watch.host(a.name())).isEmpty();
        }
    }

    @Test
    void hearsNothingAfterTheEnd() {
        open.add(a);
        HostWatch watch = watch();
        Awaitility.await().until(() -> a.consumers() == 1);
        watch.close();
        watch.refresh();

        assertThat(a.consumers()).isZero();
    }
}
