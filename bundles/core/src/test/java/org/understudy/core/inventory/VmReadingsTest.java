// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.concurrent.testing.FakeTime;
import org.understudy.core.definition.DomainView;
import org.understudy.core.testing.FakeDefinitionHost;

class VmReadingsTest {
    private static final VmName WEB1 = new VmName("web1");
    /** The time after which the facts of the only host are read again. */
    private static final Duration TURN = Duration.ofSeconds(10);

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final List<Host> open = new CopyOnWriteArrayList<>(List.of(alpha));
    private final List<String> troubles = new CopyOnWriteArrayList<>();
    private final AtomicInteger facts = new AtomicInteger();
    private Optional<VmReadings> readings = Optional.empty();

    private final Hosts hosts = new Hosts() {
        @Override
        public List<Host> all() {
            return List.copyOf(open);
        }

        @Override
        public Host host(HostName name) {
            throw new UnsupportedOperationException("no test needs it");
        }
    };

    private final VmFollower follower = new VmFollower() {
        @Override
        public void onHost(Host host, Map<VmName, VmReading> vms, Optional<UnansweredHost> trouble) {
            troubles.add(trouble.map(UnansweredHost::reason).orElse("none"));
        }

        @Override
        public void onFacts(Host host, Optional<HostFacts> now, Optional<UnansweredHost> trouble) {
            now.ifPresent(known -> facts.incrementAndGet());
        }

        @Override
        public void onVm(Host host, VmName vm, Optional<VmReading> before, Optional<VmReading> now) {}
    };

    @AfterEach
    void close() {
        alpha.recover();
        readings.ifPresent(VmReadings::close);
    }

    private VmReadings read(Scheduler scheduler) {
        VmReadings opened = new VmReadings(hosts, DomainView::of, scheduler);
        readings = Optional.of(opened);
        opened.follow(follower);
        return opened;
    }

    private String lastTrouble() {
        return troubles.isEmpty() ? "not read" : troubles.get(troubles.size() - 1);
    }

    @Test
    void asksAHostThatDoesNotReportItsFactsNoMoreOftenWithTime() {
        FakeScheduler clock = new FakeScheduler();
        read(clock);
        alpha.failFacts(new UnderstudyException(ErrorCode.LIBVIRT_ERROR, "no capabilities"));
        clock.advance(Duration.ofMinutes(10));
        alpha.forget();

        clock.advance(Duration.ofMinutes(1));

        assertThat(alpha.questions()).containsOnly("facts").hasSizeLessThanOrEqualTo(8);
    }

    @Test
    void aHostThatReportedItsFactsLateAnswers() {
        FakeTime time = new FakeTime();
        read(time);
        await().until(() -> facts.get() > 0);
        alpha.forget();
        alpha.hang();
        time.advance(TURN);
        await().until(() -> alpha.questions().contains("facts"));

        time.advance(LIMIT);
        assertThat(lastTrouble()).isEqualTo("did not answer within 30 s");

        alpha.recover();
        await().until(() -> lastTrouble().equals("none"));
    }

    /** The limit is over while the answer arrives. */
    @Test
    void aHostThatAnswersAtTheLimitAnswers() {
        FakeScheduler clock = new FakeScheduler();
        AtomicInteger readings = new AtomicInteger();
        alpha.duringFacts(() -> {
            if (readings.incrementAndGet() == 1) {
                clock.advance(LIMIT.plusSeconds(1));
            }
        });

        read(clock);

        assertThat(facts).hasPositiveValue();
        assertThat(lastTrouble()).isEqualTo("none");
    }

    @Test
    void aCommandThatUsesAHostThatWasClosedDoesNotEndTheReadingOfItsSuccessor() {
        FakeScheduler clock = new FakeScheduler();
        VmReadings all = read(clock);
        FakeDefinitionHost closed = new FakeDefinitionHost("alpha");

        all.refresh(closed, WEB1, Duration.ofSeconds(2));
        alpha.lose("closed the connection");

        assertThat(closed.questions()).isEmpty();
        assertThat(lastTrouble()).isEqualTo("closed the connection");
    }

    @Test
    void aFollowerThatHasEndedReceivesNothing() {
        FakeScheduler clock = new FakeScheduler();
        VmReadings all = read(clock);
        List<String> second = new CopyOnWriteArrayList<>();
        all.follow(new VmFollower() {
                    @Override
                    public void onHost(Host host, Map<VmName, VmReading> vms, Optional<UnansweredHost> trouble) {
                        second.add(host.name().value());
                    }

                    @Override
                    public void onVm(Host host, VmName vm, Optional<VmReading> before, Optional<VmReading> now) {}
                })
                .close();
        second.clear();

        alpha.lose("closed the connection");

        assertThat(second).isEmpty();
    }

    /** As libvirt does after a migration that removes the source's definition. */
    @Test
    void aVmThatIsRemovedAfterItsStopWithoutAnEventIsNotListed() {
        alpha.with("web1", VmState.RUNNING);
        FakeScheduler clock = new FakeScheduler();
        VmReadings all = read(clock);
        alpha.end("web1");
        assertThat(listed(all)).containsExactly(WEB1);
        alpha.removeWithoutEvent("web1");

        clock.advance(Duration.ofSeconds(2));

        assertThat(listed(all)).isEmpty();
    }

    private List<VmName> listed(VmReadings all) {
        List<VmName> listed = new CopyOnWriteArrayList<>();
        all.whenRead(alpha, vms -> listed.addAll(vms.keySet()));
        return listed;
    }
}
