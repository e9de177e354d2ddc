// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.ErrorCode;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.NicInventory;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Hosts;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.backend.SriovBackend.Inventory;

@Timeout(60)
class HostNicServiceTest {
    private static final HostName GOOD = new HostName("good");
    private static final HostName HUNG = new HostName("hung");

    private final Policies policies = mock(Policies.class);
    private final CompletableFuture<Consumer<Policy>> changes = new CompletableFuture<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private final FakeMachine machine = new FakeMachine(1);
    private HostNicService nics;

    @BeforeAll
    static void pollOften() {
        Awaitility.setDefaultPollDelay(Duration.ofMillis(1));
        Awaitility.setDefaultPollInterval(Duration.ofMillis(5));
    }

    @AfterAll
    static void resetPolling() {
        Awaitility.reset();
    }

    @BeforeEach
    void setPolicies() {
        when(policies.listen(any())).thenAnswer(call -> {
            changes.complete(call.getArgument(0));
            return (Subscription) () -> {};
        });
        hosts(GOOD, HUNG);
    }

    @AfterEach
    void close() {
        release.countDown();
        if (nics != null) {
            nics.close();
        }
    }

    private void hosts(HostName... names) {
        hosts(Stream.of(names)
                .map(name -> new HostPolicy(name, "qemu", Map.of()))
                .toArray(HostPolicy[]::new));
    }

    private void hosts(HostPolicy... hosts) {
        Duration time = Duration.ofSeconds(1);
        Policy policy = new Policy(
                List.of(hosts),
                List.of(),
                Map.of(),
                new Policy.Deadlines(time, time, time, time, time, time, time, time),
                false,
                Optional.empty(),
                false,
                time,
                Map.of());
        when(policies.current()).thenReturn(policy);
        Optional.ofNullable(changes.getNow(null)).ifPresent(changed -> changed.accept(policy));
    }

    private void open(Function<HostPolicy, Optional<SriovBackend>> opener) {
        nics = new HostNicService(
                policies, opener, new HostNicAccess.Delays(Duration.ofMillis(5), Duration.ofMillis(5)));
    }

    private boolean isAvailable(HostName host) {
        return nics.access(host).inventory().available();
    }

    /** A backend whose close blocks until the test ends it. */
    private SriovBackend hangingOnClose(HostName host) {
        SriovBackend real = machine.open(host.value());
        SriovBackend hanging = mock(SriovBackend.class);
        when(hanging.access()).thenReturn("hanging");
        when(hanging.read()).thenAnswer(call -> real.read());
        when(hanging.watch(any(), any())).thenAnswer(call -> real.watch(call.getArgument(0), call.getArgument(1)));
        doAnswer(call -> {
                    release.await();
                    return null;
                })
                .when(hanging)
                .close();
        return hanging;
    }

    private static <T> T withinLimit(Supplier<T> call) {
        CompletableFuture<T> answer = CompletableFuture.supplyAsync(call, task -> new Thread(task).start());
        assertThat(answer).succeedsWithin(Duration.ofSeconds(10));
        return answer.join();
    }

    @Test
    void closesARemovedHostThatHangsWithoutBlockingOthers() {
        open(host -> Optional.of(
                host.name().equals(HUNG)
                        ? hangingOnClose(HUNG)
                        : machine.open(host.name().value())));
        await().until(() -> isAvailable(GOOD) && isAvailable(HUNG));

        withinLimit(() -> {
            hosts(GOOD);
            return true;
        });

        assertThat(withinLimit(nics::inventories))
                .extracting(NicInventory::host)
                .containsExactly(GOOD);
        assertThat(withinLimit(nics::pools)).isEmpty();
    }

    @Test
    void listsAllHostsWhileALostOneIsBeingClosed() {
        open(host -> Optional.of(
                host.name().equals(HUNG)
                        ? hangingOnClose(HUNG)
                        : machine.open(host.name().value())));
        await().until(() -> isAvailable(GOOD) && isAvailable(HUNG));

        machine.disconnect();

        await().until(() -> withinLimit(nics::inventories).stream().noneMatch(NicInventory::available));
    }

    @Test
    void accessOfAHostFollowsTheOptionsInForceAndNotTheConfiguration() {
        open(host -> Optional.of(machine.open(host.name().value())));
        HostPolicy old = new HostPolicy(GOOD, "qemu", Map.of());
        AtomicReference<Optional<HostPolicy>> inForce = new AtomicReference<>(Optional.of(old));
        CompletableFuture<Runnable> hostChanges = new CompletableFuture<>();
        Hosts opened = mock(Hosts.class);
        when(opened.listen(any())).thenAnswer(call -> {
            hostChanges.complete(call.getArgument(0));
            return (Subscription) () -> {};
        });
        when(opened.optionsInForce(GOOD)).thenAnswer(call -> inForce.get());
        nics.setHosts(opened);
        HostNicAccess before = nics.access(GOOD);

        hosts(new HostPolicy(GOOD, "qemu", Map.of("user", "root")));
        assertThat(nics.access(GOOD)).as("while work holds the host").isSameAs(before);
        hosts(new HostName[0]);
        assertThat(nics.access(GOOD)).as("removed while work holds it").isSameAs(before);
        hosts(new HostPolicy(GOOD, "qemu", Map.of("user", "root")));
        inForce.set(Optional.of(new HostPolicy(GOOD, "qemu", Map.of("user", "root"))));
        hostChanges.join().run();

        assertThat(nics.access(GOOD)).isNotSameAs(before);
        assertThat(nics.access(GOOD).policy().options()).containsEntry("user", "root");
        inForce.set(Optional.empty());
        hosts(new HostName[0]);
        assertThat(nics.inventories()).isEmpty();
    }

    @Test
    void wrongOptionsKeepTheLastValidAccessAndAreReported() {
        open(host -> Optional.of(machine.open(host.name().value())));
        await().until(() -> isAvailable(GOOD));
        HostNicAccess before = nics.access(GOOD);

        hosts(new HostPolicy(GOOD, "qemu", Map.of(), Map.of("access", "radio")));

        assertThat(nics.access(GOOD)).isSameAs(before);
        await().untilAsserted(() -> assertThat(before.inventory().findings())
                .filteredOn(f -> f.code() == FindingCode.CONFIGURATION_REJECTED)
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("Host good", "'radio'", "last valid options")));

        hosts(new HostPolicy(GOOD, "qemu", Map.of()));
        await().until(() -> before.inventory().findings().isEmpty());
        assertThat(isAvailable(GOOD)).isTrue();
    }

    @Test
    void retriesAHostWhoseOpenerFailed() {
        AtomicInteger attempts = new AtomicInteger();
        open(host -> {
            if (host.name().equals(HUNG) && attempts.incrementAndGet() < 3) {
                throw new NoClassDefFoundError("from the test");
            }
            return Optional.of(machine.open(host.name().value()));
        });

        await().until(() -> isAvailable(HUNG));
    }

    @Test
    void deliversOnlyTheNewestInventoryToASlowListener() {
        SriovBackend changing = mock(SriovBackend.class);
        AtomicInteger reads = new AtomicInteger();
        CompletableFuture<Runnable> watch = new CompletableFuture<>();
        when(changing.read()).thenAnswer(call -> new Inventory(List.of(), List.of(), List.of()));
        when(changing.access()).thenAnswer(call -> "read " + reads.incrementAndGet());
        when(changing.watch(any(), any())).thenAnswer(call -> {
            watch.complete(call.getArgument(0));
            return (Subscription) () -> {};
        });
        hosts(GOOD);
        open(host -> Optional.of(changing));
        await().until(() -> isAvailable(GOOD));
        List<String> received = new CopyOnWriteArrayList<>();
        nics.listen(inventory -> {
            received.add(inventory.access());
            awaitRelease();
        });

        nics.access(GOOD).refresh();
        await().until(() -> !received.isEmpty());
        for (int i = 0; i < 100; i++) {
            nics.access(GOOD).refresh();
        }
        release.countDown();

        await().until(() -> received.contains("read " + reads.get()));
        assertThat(received).hasSize(2);
    }

    @Test
    void notifiesTheOtherListenersAfterOneFailed() {
        List<NicInventory> received = new CopyOnWriteArrayList<>();
        CountDownLatch listening = new CountDownLatch(1);
        open(host -> {
            await().until(() -> listening.getCount() == 0);
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "not yet");
        });
        nics.listen(inventory -> {
            throw new StackOverflowError("from the test");
        });
        nics.listen(received::add);
        listening.countDown();

        await().until(() -> received.stream().map(NicInventory::host).distinct().count() == 2);
    }

    private void awaitRelease() {
        try {
            release.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
