// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.concurrent.testing.VirtualTimeScheduler;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeFacts;
import org.understudy.core.testing.FakeHosts;

class HostRegistryTest {
    private static final HostName ALPHA = new HostName("alpha");

    private final List<FakeDefinitionHost> opened = new CopyOnWriteArrayList<>();
    private final AtomicReference<RuntimeException> obstacle = new AtomicReference<>();
    /** Options that the connector refuses, with the reason. */
    private final Map<Map<String, String>, RuntimeException> wrong = new ConcurrentHashMap<>();

    private final AtomicReference<Policy> policy = new AtomicReference<>(FakeHosts.policy());
    private final Policies policies = mock(Policies.class);
    private final List<Consumer<Policy>> listeners = new CopyOnWriteArrayList<>();
    /** Calls that hang until the end of the test. */
    private final CountDownLatch hanging = new CountDownLatch(1);

    private HostRegistry registry;

    @BeforeEach
    void open() {
        when(policies.current()).thenAnswer(call -> policy.get());
        when(policies.listen(any())).thenAnswer(call -> {
            listeners.add(call.getArgument(0));
            return (Subscription) () -> {};
        });
        registry = new HostRegistry(
                policies, SystemScheduler.process(), new Backoff(Duration.ofMillis(10), Duration.ofMillis(640)));
    }

    @AfterEach
    void close() {
        hanging.countDown();
        registry.close();
    }

    @Test
    void opensTheHostsOfTheConfigurationInItsOrder() {
        configure(host("beta"), host("alpha"));
        registry.addConnector(fakeConnector());

        await().until(() -> registry.all().size() == 2);
        assertThat(registry.views()).extracting(v -> v.name().value()).containsExactly("beta", "alpha");
        assertThat(registry.views()).allMatch(HostView::available);
        assertThat(registry.host(new HostName("alpha")).name()).hasToString("alpha");
        assertThat(registry.unopened()).isEmpty();
    }

    @Test
    void aListenerThatThrowsPreventsNoOther() {
        registry.listenForViews(
                host -> {
                    throw new IllegalStateException("a listener with a defect");
                },
                () -> {
                    throw new IllegalStateException("a listener with a defect");
                });
        AtomicInteger opened = new AtomicInteger();
        registry.listen(opened::incrementAndGet);

        configure(host("alpha"));
        assertThat(opened).hasValue(1);

        registry.addConnector(fakeConnector());
        await().until(() -> opened.get() == 2);
    }

    @Test
    void distinguishesAnUnknownHostFromOneThatIsNotOpen() {
        configure(host("alpha"));

        assertCode(ErrorCode.HOST_NOT_FOUND, "nowhere");
        assertCode(ErrorCode.HOST_UNAVAILABLE, "alpha");
        assertThat(registry.unopened()).containsExactly(new HostName("alpha"));
    }

    @Test
    void namesTheMissingConnector() {
        configure(host("alpha"));

        await().untilAsserted(() -> assertThat(registry.views()).singleElement().satisfies(v -> {
            assertThat(v.available()).isFalse();
            assertThat(v.findings().get(0).code()).isEqualTo(FindingCode.HOST_UNAVAILABLE);
            assertThat(v.findings().get(0).message()).contains("'fake'");
        }));
    }

    @Test
    void closesItsHostsWhenTheConnectorIsRemovedAndOpensThemWhenItReturns() {
        configure(host("alpha"));
        HostConnector connector = fakeConnector();
        registry.addConnector(connector);
        await().until(() -> registry.all().size() == 1);

        registry.removeConnector(connector);
        assertThat(registry.all()).isEmpty();
        assertThat(opened.get(0).calls()).containsExactly("close");

        registry.addConnector(fakeConnector());
        await().until(() -> registry.all().size() == 1);
    }

    @Test
    void reopensItsHostsWithANewConnectorOfTheSameKindWhenTheOldOneIsRemoved() {
        configure(host("alpha"));
        HostConnector old = fakeConnector();
        registry.addConnector(old);
        await().until(() -> registry.all().size() == 1);

        registry.addConnector(fakeConnector());
        registry.removeConnector(old);

        await().until(() -> opened.size() == 2 && registry.all().equals(List.of(opened.get(1))));
        assertThat(opened.get(0).calls()).containsExactly("close");
    }

    @Test
    void closesAHostWhoseConnectorWasRemovedWhileItWasBeingOpened() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        FakeDefinitionHost late = new FakeDefinitionHost("alpha");
        HostConnector slow = slow(late, entered, leave);
        configure(host("alpha"));
        registry.addConnector(slow);
        entered.await();

        registry.removeConnector(slow);
        leave.countDown();

        await().until(() -> late.calls().equals(List.of("close")));
        assertThat(registry.all()).isEmpty();
    }

    @Test
    void aCallerCanWaitForTheFirstConnection() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        FakeDefinitionHost late = new FakeDefinitionHost("alpha");
        configure(host("alpha"));
        registry.addConnector(slow(late, entered, leave));
        entered.await();

        CompletableFuture<Host> waiting = CompletableFuture.supplyAsync(() -> registry.opened(ALPHA));
        leave.countDown();

        assertThat(waiting.get(1, TimeUnit.MINUTES)).isSameAs(late);
    }

    @Test
    void aCallerDoesNotWaitForASecondAttempt() {
        obstacle.set(new UnderstudyException(ErrorCode.IO_FAILED, "no space left"));
        configure(host("alpha"));
        registry.addConnector(fakeConnector());

        assertThatThrownBy(() -> registry.opened(ALPHA)).hasMessageContaining("no space left");
    }

    @Test
    void opensNewHostsAndClosesRemovedOnesAndKeepsTheOthers() {
        configure(host("alpha"), host("beta"));
        registry.addConnector(fakeConnector());
        await().until(() -> registry.all().size() == 2);
        Host beta = registry.host(new HostName("beta"));
        Host alpha = registry.host(new HostName("alpha"));

        configure(host("beta"), host("gamma"));

        await().until(() -> registry.all().size() == 2);
        assertThat(registry.host(new HostName("beta"))).isSameAs(beta);
        await().until(() -> ((FakeDefinitionHost) alpha).calls().equals(List.of("close")));
        assertThat(((FakeDefinitionHost) beta).calls()).isEmpty();
        assertCode(ErrorCode.HOST_NOT_FOUND, "alpha");
    }

    @Test
    void reopensAHostWhoseOptionsChanged() {
        configure(host("alpha"));
        registry.addConnector(fakeConnector());
        await().until(() -> registry.all().size() == 1);

        configure(new HostPolicy(new HostName("alpha"), "fake", Map.of("directory", "/srv")));

        await().until(() -> opened.size() == 2 && registry.all().equals(List.of(opened.get(1))));
        assertThat(opened.get(0).calls()).containsExactly("close");
    }

    @Test
    void hostWithWorkKeepsItsOptionsUntilTheWorkHasEndedAndReportsIt() {
        HostPolicy changed = new HostPolicy(ALPHA, "fake", Map.of("directory", "/srv"));
        Host before = openAlpha();
        Subscription first = registry.hold(before, "migration m-1");
        Subscription second = registry.hold(before, "migration m-2");

        configure(changed);

        await().untilAsserted(() -> assertThat(alphaFindings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.CONFIGURATION_PENDING);
            assertThat(f.subject()).isEqualTo("host alpha");
            assertThat(f.message())
                    .isEqualTo("Host alpha: new options apply after migration m-1 and migration m-2 have ended");
        }));
        assertThat(registry.pendingChange(ALPHA)).isPresent();
        first.close();
        first.close();
        assertThat(registry.all()).containsExactly(before);
        assertThat(registry.pendingChange(ALPHA).orElseThrow().message())
                .isEqualTo("Host alpha: new options apply after migration m-2 has ended");
        assertThat(registry.optionsInForce(ALPHA)).contains(host("alpha"));

        second.close();

        await().until(() -> opened.size() == 2 && registry.all().equals(List.of(opened.get(1))));
        assertThat(opened.get(0).calls()).containsExactly("close");
        assertThat(registry.pendingChange(ALPHA)).isEmpty();
        assertThat(registry.optionsInForce(ALPHA)).contains(changed);
        assertThat(alphaFindings()).isEmpty();
    }

    @Test
    void removedHostIsClosedAfterItsWorkAndNewWorkIsStillPossible() {
        Host alpha = openAlpha();
        Subscription migration = registry.hold(alpha, "migration m-1");
        policy.set(FakeHosts.policy());
        listeners.forEach(l -> l.accept(policy.get()));

        assertThat(registry.host(ALPHA)).isSameAs(alpha);
        assertThat(alphaFindings().get(0).message())
                .isEqualTo(
                        "Host alpha: is removed from etc/understudy.yaml, and is closed after migration m-1 has ended");
        Subscription start = registry.hold(alpha, "the command to stop VM web1");
        migration.close();
        assertThat(registry.all()).containsExactly(alpha);

        start.close();

        assertThat(registry.all()).isEmpty();
        assertThat(registry.views()).isEmpty();
        await().until(() -> opened.get(0).calls().equals(List.of("close")));
        assertThatThrownBy(() -> registry.hold(alpha, "migration m-2"))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE));
    }

    @Test
    void editThatIsTakenBackLeavesTheHostOpen() {
        Host alpha = openAlpha();
        Subscription migration = registry.hold(alpha, "migration m-1");
        configure(new HostPolicy(ALPHA, "fake", Map.of("directory", "/srv")));
        configure(host("alpha"));

        assertThat(registry.pendingChange(ALPHA)).isEmpty();
        migration.close();
        assertThat(registry.all()).containsExactly(alpha);
        assertThat(opened).hasSize(1);
    }

    @Test
    void wrongOptionsKeepTheLastValidOnesUntilTheyAreCorrected() {
        Host alpha = openAlpha();
        wrong.put(
                Map.of("colour", "red"),
                new UnderstudyException(
                        ErrorCode.CONFIGURATION_INVALID, "Host alpha: option 'colour' is unknown: 'red'"));

        configure(new HostPolicy(ALPHA, "fake", Map.of("colour", "red")), host("beta"));

        await().untilAsserted(() -> assertThat(alphaFindings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.CONFIGURATION_REJECTED);
            assertThat(f.message())
                    .isEqualTo(
                            "Host alpha: option 'colour' is unknown: 'red'; host alpha keeps its last valid options");
            assertThat(f.remedy()).contains("etc/understudy.yaml");
        }));
        await().until(() -> registry.all().size() == 2);
        assertThat(registry.host(ALPHA)).isSameAs(alpha);
        assertThat(registry.pendingChange(ALPHA)).isEmpty();

        configure(new HostPolicy(ALPHA, "fake", Map.of("directory", "/srv")), host("beta"));

        await().until(() -> opened.get(0).calls().equals(List.of("close")));
        await().until(() -> registry.all().size() == 2);
        assertThat(alphaFindings()).isEmpty();
    }

    @Test
    void optionsAreAcceptedLaterIfTheirObstacleIsGone() {
        openAlpha();
        Map<String, String> options = Map.of("binary", "/opt/qemu");
        wrong.put(options, new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Host alpha: no QEMU at /opt/qemu"));
        configure(new HostPolicy(ALPHA, "fake", options));
        await().until(() -> !alphaFindings().isEmpty());

        wrong.clear();

        await().until(() -> opened.size() == 2 && registry.all().equals(List.of(opened.get(1))));
    }

    @Test
    void editsOfOtherKeysAddNoChecksOfWrongOptions() {
        registry.close();
        FakeScheduler time = new FakeScheduler();
        registry = new HostRegistry(policies, time, new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1)));
        openAlpha();
        Map<String, String> options = Map.of("binary", "/opt/qemu");
        wrong.put(options, new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Host alpha: no QEMU at /opt/qemu"));

        configure(new HostPolicy(ALPHA, "fake", options));
        configure(new HostPolicy(ALPHA, "fake", options));
        time.advance(Duration.ofSeconds(5));
        configure(new HostPolicy(ALPHA, "fake", options));

        assertThat(time.timed()).isEqualTo(1);
    }

    @Test
    void workDoesNotDelayNamesOfNetworks() {
        Host alpha = openAlpha();
        HostPolicy changed = new HostPolicy(ALPHA, "fake", Map.of(), Map.of(), Map.of("br0", "br7"));

        Subscription work = registry.hold(alpha, "migration m-1");
        configure(changed);

        assertThat(registry.optionsInForce(ALPHA)).contains(changed);
        assertThat(registry.pendingChange(ALPHA)).isEmpty();
        work.close();
    }

    @Test
    void unknownConnectorKeepsTheOpenHost() {
        Host alpha = openAlpha();

        configure(new HostPolicy(ALPHA, "fa", Map.of()));

        await().untilAsserted(() -> assertThat(alphaFindings())
                .extracting(Finding::message)
                .containsExactly("Host alpha needs the connector 'fa', which is not installed; host alpha keeps its"
                        + " last valid options"));
        assertThat(registry.all()).containsExactly(alpha);
    }

    @Test
    void editOfNamesOfNetworksOrOfNicAccessDoesNotOpenTheHostAgain() {
        Host alpha = openAlpha();
        HostPolicy changed = new HostPolicy(ALPHA, "fake", Map.of(), Map.of("access", "none"), Map.of("br0", "br7"));

        configure(changed);

        assertThat(registry.optionsInForce(ALPHA)).contains(changed);
        assertThat(registry.all()).containsExactly(alpha);
    }

    @Test
    void hostShowsTheFindingsOfTheConfigurationAboutIt() {
        openAlpha();
        Finding wrongKey = Finding.of(FindingCode.CONFIGURATION_REJECTED, "host alpha", "line 3", "Correct it.");
        Finding wrongFile = Finding.of(FindingCode.CONFIGURATION_REJECTED, "file understudy.yaml", "line 9", "Do.");
        when(policies.findings()).thenReturn(List.of(wrongFile, wrongKey));

        assertThat(alphaFindings()).containsExactly(wrongKey);
    }

    private Host openAlpha() {
        configure(host("alpha"));
        registry.addConnector(fakeConnector());
        await().until(() -> registry.all().size() == 1);
        return registry.all().get(0);
    }

    private List<Finding> alphaFindings() {
        return registry.views().get(0).findings();
    }

    @Test
    void retriesAfterAFailureAndReportsTheCauseMeanwhile() {
        obstacle.set(new UnderstudyException(ErrorCode.IO_FAILED, "no space left"));
        configure(host("alpha"));
        registry.addConnector(fakeConnector());
        await().untilAsserted(() ->
                assertThat(registry.views().get(0).findings().get(0).message()).contains("no space left"));

        obstacle.set(null);

        await().until(() -> registry.all().size() == 1);
    }

    @Test
    void survivesAConnectorThatIsBroken() {
        obstacle.set(new IllegalStateException("a defect"));
        configure(host("alpha"));
        registry.addConnector(fakeConnector());
        await().untilAsserted(() ->
                assertThat(registry.views().get(0).findings().get(0).message()).contains("a defect"));

        obstacle.set(null);

        await().until(() -> registry.all().size() == 1);
    }

    @Test
    void showsAHostThatDoesNotAnswerAsUnavailable() {
        configure(host("alpha"));
        registry.addConnector(fakeConnector());
        await().until(() -> registry.all().size() == 1);

        opened.get(0).fail(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "timed out"));

        assertThat(registry.views().get(0).available()).isFalse();
        assertThat(registry.views().get(0).findings().get(0).message()).contains("timed out");
    }

    @Test
    void namesAHostThatHangsInTheListOfHostsAfterOneDeadline() {
        VirtualTimeScheduler time = new VirtualTimeScheduler();
        HostRegistry timed =
                new HostRegistry(policies, time, new Backoff(Duration.ofMillis(10), Duration.ofMillis(640)));
        policy.set(FakeHosts.policy(host("alpha"), host("beta")));
        listeners.forEach(l -> l.accept(policy.get()));
        timed.addConnector(fakeConnector());
        await().until(() -> timed.all().size() == 2);
        FakeDefinitionHost beta = opened.stream()
                .filter(h -> h.name().equals(new HostName("beta")))
                .findFirst()
                .orElseThrow();
        beta.hang();

        CompletableFuture<List<HostView>> views =
                CompletableFuture.supplyAsync(timed::views, r -> new Thread(r).start());
        await().until(() -> beta.questions().contains("facts") && time.waiting() == 1);
        time.pass(Duration.ofSeconds(8));

        assertThat(views.join()).extracting(HostView::available).containsExactly(true, false);
        assertThat(views.join().get(1).findings())
                .extracting(Finding::message)
                .containsExactly("Host beta did not answer within 8 s");
        beta.recover();
        timed.close();
        time.close();
    }

    @Test
    void closesAHostThatWasRemovedWhileItWasBeingOpened() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        FakeDefinitionHost late = new FakeDefinitionHost("alpha");
        configure(host("alpha"));
        registry.addConnector(slow(late, entered, leave));
        entered.await();

        configure();
        leave.countDown();

        await().until(() -> late.calls().equals(List.of("close")));
        assertThat(registry.all()).isEmpty();
    }

    @Test
    void hostThatHangsWhileItIsClosedDelaysNoOther() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        List<Host> alphas = new CopyOnWriteArrayList<>();
        HostConnector stubborn = mock(HostConnector.class);
        when(stubborn.kind()).thenReturn("hanging");
        when(stubborn.open(any())).thenAnswer(call -> {
            Host host = mock(Host.class);
            when(host.name()).thenReturn(new HostName("alpha"));
            when(host.facts()).thenReturn(FakeFacts.of("7.2.22"));
            doAnswer(closing -> {
                        entered.countDown();
                        hanging.await();
                        return null;
                    })
                    .when(host)
                    .close();
            alphas.add(host);
            return host;
        });
        policy.set(FakeHosts.policy(new HostPolicy(new HostName("alpha"), "hanging", Map.of()), host("beta")));
        listeners.forEach(l -> l.accept(policy.get()));
        registry.addConnector(fakeConnector());
        registry.addConnector(stubborn);
        await().until(() -> registry.all().size() == 2);

        HostPolicy changed = new HostPolicy(new HostName("alpha"), "hanging", Map.of("uri", "qemu:///other"));
        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> configure(changed, host("beta")));
        entered.await();

        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> {
            assertThat(registry.all()).extracting(Host::name).containsExactly(new HostName("beta"));
            assertThat(registry.unopened()).containsExactly(new HostName("alpha"));
            assertCode(ErrorCode.HOST_UNAVAILABLE, "alpha");
            assertThat(registry.views()).extracting(HostView::available).containsExactly(false, true);
        });
        assertThat(alphas).hasSize(1);

        hanging.countDown();
        await().until(() -> alphas.size() == 2 && registry.all().size() == 2);
    }

    @Test
    void reportsEachOpenedOrRemovedHostOutsideItsLock() {
        List<List<Host>> seen = new CopyOnWriteArrayList<>();
        Subscription subscription = registry.listen(() -> seen.add(registry.all()));
        configure(host("alpha"));
        registry.addConnector(fakeConnector());
        await().until(() -> !seen.isEmpty() && seen.get(seen.size() - 1).size() == 1);

        configure();
        assertThat(seen).last().isEqualTo(List.of());

        subscription.close();
        int before = seen.size();
        configure(host("alpha"));
        assertThat(seen).hasSize(before);
    }

    private void assertCode(ErrorCode code, String host) {
        assertThatThrownBy(() -> registry.host(new HostName(host)))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(host);
    }

    private void configure(HostPolicy... hosts) {
        policy.set(FakeHosts.policy(hosts));
        listeners.forEach(l -> l.accept(policy.get()));
        assertThat(Arrays.asList(hosts)).hasSameSizeAs(registry.views());
    }

    private static HostPolicy host(String name) {
        return new HostPolicy(new HostName(name), "fake", Map.of());
    }

    private static HostConnector slow(FakeDefinitionHost host, CountDownLatch entered, CountDownLatch leave) {
        HostConnector slow = mock(HostConnector.class);
        when(slow.kind()).thenReturn("fake");
        when(slow.open(any())).thenAnswer(call -> {
            entered.countDown();
            leave.await();
            return host;
        });
        return slow;
    }

    private HostConnector fakeConnector() {
        HostConnector connector = mock(HostConnector.class);
        when(connector.kind()).thenReturn("fake");
        doAnswer(call -> {
                    RuntimeException problem =
                            wrong.get(call.<HostPolicy>getArgument(0).options());
                    if (problem != null) {
                        throw problem;
                    }
                    return null;
                })
                .when(connector)
                .check(any());
        when(connector.open(any())).thenAnswer(call -> {
            if (obstacle.get() != null) {
                throw obstacle.get();
            }
            FakeDefinitionHost host = new FakeDefinitionHost(
                    call.<HostPolicy>getArgument(0).name().value());
            opened.add(host);
            return host;
        });
        return connector;
    }
}
