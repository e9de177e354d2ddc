// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.concurrent.SystemScheduler;

final class PingTurnsTest {
    private final NativeCalls calls = new NativeCalls(SystemScheduler.process().blockingPool("pings-of-a-test"));
    private final PingTurns turns = new PingTurns(SystemScheduler.process(), calls);
    private final CountDownLatch end = new CountDownLatch(1);

    /** Sends one ping, when it is allowed to. */
    private class OnePing implements PingTurns.Ping {
        private final HostName host;
        private final AtomicBoolean due = new AtomicBoolean();
        protected final AtomicReference<Thread> sentBy = new AtomicReference<>();

        OnePing(String host) {
            this.host = new HostName(host);
        }

        @Override
        public HostName host() {
            return host;
        }

        @Override
        public boolean isDue(long nanos) {
            return due.getAndSet(false);
        }

        @Override
        public void send() {
            sentBy.set(Thread.currentThread());
        }

        boolean isSent() {
            return sentBy.get() != null;
        }
    }

    private final class HangingPing extends OnePing {
        HangingPing(String host) {
            super(host);
        }

        @Override
        public void send() {
            super.send();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @AfterEach
    void close() {
        end.countDown();
        calls.close();
    }

    private List<OnePing> send(Stream<OnePing> all) {
        List<OnePing> pings = all.toList();
        pings.forEach(turns::add);
        pings.forEach(ping -> ping.due.set(true));
        return pings;
    }

    @Test
    void hostsThatHangDelayNoOther() {
        List<OnePing> pings = send(IntStream.range(0, 100)
                .mapToObj(i -> i % 2 == 0 ? new HangingPing("hangs" + i) : new OnePing("answers" + i)));

        await().until(() -> pings.stream().allMatch(OnePing::isSent));

        assertThat(calls.running(new HostName("hangs0"))).isEqualTo(1);
        await().until(() -> calls.running(new HostName("answers1")) == 0);
        pings.forEach(turns::remove);
    }

    @Test
    void aPingThatFailsEndsNoOther() {
        OnePing failing = new OnePing("failing") {
            @Override
            public void send() {
                super.send();
                throw new IllegalStateException("from the test");
            }
        };
        List<OnePing> pings = send(Stream.of(failing, new OnePing("a"), new OnePing("b")));

        await().until(() -> pings.stream().allMatch(OnePing::isSent));

        pings.forEach(turns::remove);
    }

    @Test
    void aHostThatIsRemovedIsPingedNoMore() {
        OnePing removed = new OnePing("removed");
        turns.add(removed);
        turns.remove(removed);
        removed.due.set(true);
        List<OnePing> other = send(Stream.of(new OnePing("other")));

        await().until(other.get(0)::isSent);

        assertThat(removed.isSent()).isFalse();
        other.forEach(turns::remove);
    }
}
