// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import static org.assertj.core.api.Assertions.assertThat;
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
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.NicInventory;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Subscription;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.hostnic.backend.SriovBackend;
import org.understudy.hostnic.backend.SriovBackend.Inventory;

@Timeout(60)
class HostNicServiceTest {
    private static final HostName GOOD = new HostName("good");
    private static final HostName HUNG = new HostName("hung");

    private final NicLab lab = new NicLab();
    private final CountDownLatch release = new CountDownLatch(1);
    private final FakeMachine machine = new FakeMachine(1);
    private HostNicService nics;

    @BeforeEach
    void configure() {
        hosts(GOOD, HUNG);
    }

    @AfterEach
    void close() {
        release.countDown();
        lab.close();
    }

    private void hosts(HostName... names) {
        hosts(Stream.of(names)
                .map(name -> new HostPolicy(name, "qemu", Map.of()))
                .toArray(HostPolicy[]::new));
    }

    private void hosts(HostPolicy... hosts) {
        lab.configuration.set(List.of(hosts));
    }

    private void open(BackendOpener opener) {
        nics = lab.open(opener);
    }

    /** For tests in which a call hangs. */
    private void openOnRealThreads(BackendOpener opener) {
        nics = lab.open(opener, SystemScheduler.process());
    }

    private boolean isAvailable(HostName host) {
        return lab.inventory(host).available();
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
        assertThat(answer).succeedsWithin(Duration.ofMinutes(1));
        return answer.join();
    }

    @Test
    void closesARemovedHostThatHangsWithoutBlockingOthers() {
        openOnRealThreads(host -> Optional.of(
                host.name().equals(HUNG)
                        ? hangingOnClose(HUNG)
                        : machine.open(host.name().value())));
        Awaitility.await().until(() -> isAvailable(GOOD) && isAvailable(HUNG));

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
        openOnRealThreads(host -> Optional.of(
                host.name().equals(HUNG)
                        ? hangingOnClose(HUNG)
                        : machine.open(host.name().value())));
        Awaitility.await().until(() -> isAvailable(GOOD) && isAvailable(HUNG));

        machine.disconnect();

        Awaitility.await().until(() -> withinLimit(nics::inventories).stream().noneMatch(NicInventory::available));
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
        HostNicAccess before = nics.access(GOOD);

        hosts(new HostPolicy(GOOD, "qemu", Map.of(), Map.of("access", "radio")));

        assertThat(nics.access(GOOD)).isSameAs(before);
        lab.time.advance(HostNicAccess.DEBOUNCE);
        assertThat(before.inventory().findings())
                .filteredOn(f -> f.code() == FindingCode.CONFIGURATION_REJECTED)
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("Host good", "'radio'", "last valid options"));

        hosts(new HostPolicy(GOOD, "qemu", Map.of()));
        lab.time.advance(HostNicAccess.DEBOUNCE);
        assertThat(before.inventory().findings()).isEmpty();
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

        lab.passRetry();
        assertThat(isAvailable(HUNG)).isTrue();
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
        openOnRealThreads(host -> Optional.of(changing));
        Awaitility.await().until(() -> isAvailable(GOOD));
        List<String> received = new CopyOnWriteArrayList<>();
        nics.listen(inventory -> {
            received.add(inventory.access());
            awaitRelease();
        });

        nics.access(GOOD).refresh();
        Awaitility.await().until(() -> !received.isEmpty());
        for (int i = 0; i < 100; i++) {
            nics.access(GOOD).refresh();
        }
        release.countDown();

        Awaitility.await().until(() -> received.contains("read " + reads.get()));
        assertThat(received).hasSize(2);
    }

    @Test
    void aSlowListenerDelaysNoOther() {
        openOnRealThreads(host -> Optional.of(machine.open(host.name().value())));
        Awaitility.await().until(() -> isAvailable(GOOD) && isAvailable(HUNG));
        List<NicInventory> received = new CopyOnWriteArrayList<>();
        nics.listen(inventory -> awaitRelease());
        nics.listen(received::add);

        machine.vanish(0);
        Awaitility.await().until(() -> received.size() == 2);
    }

    @Test
    void notifiesTheOtherListenersAfterOneFailed() {
        List<NicInventory> received = new CopyOnWriteArrayList<>();
        open(host -> Optional.of(machine.open(host.name().value())));
        nics.listen(inventory -> {
            throw new StackOverflowError("from the test");
        });
        nics.listen(received::add);

        machine.vanish(0);
        lab.passDebounce();

        assertThat(received).extracting(NicInventory::host).containsExactlyInAnyOrder(GOOD, HUNG);
    }

    @Test
    void interruptsAConnectAttemptOfARemovedHostSoThatItsSuccessorDoesNotWait() {
        CountDownLatch connecting = new CountDownLatch(1);
        hosts(HUNG);
        openOnRealThreads(host -> {
            if (host.connector().equals("qemu")) {
                connecting.countDown();
                awaitRelease();
            }
            return Optional.of(machine.open(host.name().value()));
        });
        withinLimit(() -> {
            await(connecting);
            return true;
        });

        lab.configuration.set(List.of(new HostPolicy(HUNG, "libvirt", Map.of())));

        Awaitility.await().until(() -> isAvailable(HUNG));
    }

    private void awaitRelease() {
        await(release);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
