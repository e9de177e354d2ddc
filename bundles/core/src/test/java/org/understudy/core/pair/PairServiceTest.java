// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.pair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.Consent;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.PairChange.Effect;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfDefaults;
import org.understudy.api.VfRequirement;
import org.understudy.api.VfSelector;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;
import org.understudy.core.vf.VfLeaseController;

class PairServiceTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final MacAddress MAC = new MacAddress("52:54:00:11:22:33");
    private static final NicSelector ONLY = new NicSelector.Only();
    private static final PairRequest REQUEST =
            new PairRequest(ONLY, Optional.empty(), Optional.empty(), Optional.empty(), Set.of());
    private static final Finding OBJECTION =
            Finding.of(FindingCode.DEFINITION_UNSUPPORTED, "vm web1", "no such model", "choose another");

    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeHosts fakeHosts = new FakeHosts(alpha);
    private final NicFacts nicFacts = new NicFacts();
    private final VfLeaseController vfs =
            new VfLeaseController(fakeHosts.registry, fakeHosts.migrations, fakeHosts.policies);
    private final PairService pairs = new PairService(
            fakeHosts.locator,
            fakeHosts.registry,
            fakeHosts.inventory,
            fakeHosts.policies,
            fakeHosts.migrations,
            fakeHosts.health,
            nicFacts,
            vfs);

    @AfterEach
    void close() {
        vfs.close();
        fakeHosts.close();
    }

    @Test
    void theNextListShowsTheChange() {
        alpha.with("web1", VmState.SHUTOFF);

        pairs.turnOn(WEB1, REQUEST);
        pairs.turnOn(WEB1, REQUEST);

        verify(fakeHosts.inventory).refresh(alpha.name(), WEB1);
    }

    @Test
    void storesThePairOfAVmThatIsShutOff() {
        alpha.with("web1", VmState.SHUTOFF);

        PairChange change = pairs.turnOn(WEB1, REQUEST);

        assertThat(change.changed()).isTrue();
        assertThat(change.effect()).isEqualTo(Effect.AT_NEXT_START);
        assertThat(alpha.definition(WEB1)).isEqualTo(change.definition());
        assertThat(DomainView.of(change.definition()).pairs()).hasSize(1);
    }

    @Test
    void bypassesAFilterOnlyWithConsent() {
        alpha.with("web1", VmState.SHUTOFF);
        String filtered = FakeDefinitionHost.xml("web1")
                .replace("<source bridge='br0'/>", "<source bridge='br0'/><filterref filter='clean-traffic'/>");
        alpha.define(filtered);

        PairChange refused = pairs.turnOn(WEB1, REQUEST);

        assertThat(refused.changed()).isFalse();
        assertThat(refused.findings()).extracting(Finding::code).contains(FindingCode.FILTER_BYPASSED);
        assertThat(alpha.definition(WEB1)).isEqualTo(filtered);
        PairChange accepted = pairs.turnOn(
                WEB1,
                new PairRequest(
                        ONLY, Optional.empty(), Optional.empty(), Optional.empty(), Set.of(Consent.BYPASS_FILTER)));
        assertThat(accepted.changed()).isTrue();
        assertThat(pairs.lint(WEB1)).noneMatch(f -> f.severity() == Severity.ERROR);
    }

    @Test
    void theDefinitionAndThePoolDetermineWhatAVfMustBe() {
        alpha.with("web1", VmState.SHUTOFF);
        assertThat(pairs.vfRequirements(WEB1)).isEmpty();

        alpha.define(FakeDefinitionHost.xmlWithVf("web1"));
        VfRequirement ofTheHost =
                new VfRequirement(new Alias("ua-net"), new Alias("ua-vf"), MAC, 42, Optional.empty(), Optional.empty());
        assertThat(pairs.vfRequirements(WEB1)).containsExactly(ofTheHost);

        pool(new VfDefaults(
                Optional.of(true),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                OptionalInt.of(7)));
        assertThat(pairs.vfRequirements(WEB1))
                .extracting(VfRequirement::vlan, VfRequirement::trust, VfRequirement::spoofCheck)
                .containsExactly(tuple(42, Optional.of(true), Optional.of(true)));

        alpha.define(FakeDefinitionHost.xmlWithVf("web1").replace("<vlan><tag id='42'/></vlan>", ""));
        assertThat(pairs.vfRequirements(WEB1)).extracting(VfRequirement::vlan).containsExactly(7);
    }

    private void pool(VfDefaults defaults) {
        Policy usual = fakeHosts.policies.current();
        PoolPolicy pool = new PoolPolicy(
                new PoolName("pool-a"),
                PrimaryKind.VF,
                List.of(VfSelector.parse("eno1#0-7")),
                Optional.empty(),
                Optional.empty(),
                false,
                defaults);
        when(fakeHosts.policies.current())
                .thenReturn(new Policy(
                        usual.hosts(),
                        List.of(pool),
                        Map.of(),
                        usual.deadlines(),
                        false,
                        Optional.empty(),
                        false,
                        usual.settle(),
                        Map.of()));
    }

    @Test
    void usesANetworkOfTheHostAsPoolAndReportsUnsetSettings() {
        alpha.with("web1", VmState.SHUTOFF);
        PairRequest request = new PairRequest(
                ONLY, Optional.of(new PoolName("vf-net")), Optional.empty(), Optional.empty(), Set.of());

        assertThat(pairs.turnOn(WEB1, request).findings())
                .extracting(Finding::code)
                .contains(FindingCode.POOL_UNKNOWN);
        alpha.networks("vf-net");
        PairChange planned = pairs.planOn(FakeDefinitionHost.xml("web1"), request, Optional.of(alpha.name()));
        PairChange change = pairs.turnOn(WEB1, request);

        assertThat(planned.definition()).isEqualTo(change.definition());
        assertThat(planned.findings()).isEqualTo(change.findings());
        assertThat(change.changed()).isTrue();
        assertThat(change.definition()).contains("<source network='vf-net'/>");
        assertThat(change.findings()).extracting(Finding::code).containsExactly(FindingCode.VF_NOT_SET_UP);
    }

    @Test
    void warnsOfAnEmulatedPrimaryOnce() {
        alpha.with("web1", VmState.SHUTOFF);

        assertThat(pairs.planOn(FakeDefinitionHost.xml("web1"), REQUEST, Optional.empty())
                        .findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.EMULATED_PRIMARY);
        assertThat(pairs.turnOn(WEB1, REQUEST).findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.EMULATED_PRIMARY);
    }

    @Test
    void reportsThatARunningVmNeedsARestartAndDoesNotChangeIt() {
        alpha.with("web1", VmState.RUNNING);

        assertThat(pairs.turnOn(WEB1, REQUEST).effect()).isEqualTo(Effect.AFTER_RESTART);
        assertThat(alpha.calls()).containsExactly("define web1");
        assertThat(alpha.liveDefinition(WEB1)).contains(FakeDefinitionHost.xml("web1"));
    }

    @Test
    void needsNoRestartForARevertToTheLiveDefinition() {
        alpha.with("web1", VmState.RUNNING);
        pairs.turnOn(WEB1, REQUEST);

        PairChange back = pairs.turnOff(WEB1, ONLY);

        assertThat(back.changed()).isTrue();
        assertThat(back.effect()).isEqualTo(Effect.NONE);
    }

    /** A running VM with a pair. */
    private Alias runningPair() {
        alpha.with("web1", VmState.RUNNING);
        Alias primary = DomainView.of(pairs.turnOn(WEB1, REQUEST).definition())
                .pairs()
                .get(0)
                .primary();
        alpha.restart("web1");
        alpha.presence(PrimaryPresence.ENABLED);
        alpha.forget();
        return primary;
    }

    @Test
    void unplugsThePrimaryOfARunningVm() {
        Alias primary = runningPair();

        assertThat(pairs.turnOff(WEB1, ONLY).effect()).isEqualTo(Effect.AT_ONCE);
        assertThat(alpha.calls()).containsExactly("define web1", "unplug " + primary);
    }

    @Test
    void plugsThePrimaryOfANicThatWasStartedAsStandby() {
        Alias primary = runningPair();
        pairs.turnOff(WEB1, ONLY);
        alpha.release("web1", primary);
        alpha.forget();

        assertThat(pairs.turnOn(WEB1, REQUEST).effect()).isEqualTo(Effect.AT_ONCE);
        assertThat(alpha.calls()).containsExactly("define web1", "plug " + primary);
    }

    @Test
    void reportsThatARestartIsNeededIfQemuRefusesThePrimary() {
        Alias primary = runningPair();
        pairs.turnOff(WEB1, ONLY);
        alpha.release("web1", primary);
        alpha.refusePlug();

        PairChange change = pairs.turnOn(WEB1, REQUEST);

        assertThat(change.changed()).isTrue();
        assertThat(change.effect()).isEqualTo(Effect.AFTER_RESTART);
        assertThat(change.findings())
                .filteredOn(f -> f.code() == FindingCode.LIVE_CHANGE_REFUSED)
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("device_add failed"));
    }

    @Test
    void isIdempotent() {
        alpha.with("web1", VmState.SHUTOFF);
        Alias standby = DomainView.of(pairs.turnOn(WEB1, REQUEST).definition())
                .pairs()
                .get(0)
                .standby();
        PairRequest again = new PairRequest(
                new NicSelector.ByAlias(standby), Optional.empty(), Optional.empty(), Optional.empty(), Set.of());

        PairChange second = pairs.turnOn(WEB1, again);

        assertThat(second.changed()).isFalse();
        assertThat(second.effect()).isEqualTo(Effect.NONE);
        assertThat(alpha.calls()).containsExactly("define web1");
    }

    @Test
    void restoresTheOriginalByteForByte() {
        alpha.with("web1", VmState.SHUTOFF);
        pairs.turnOn(WEB1, REQUEST);

        pairs.turnOff(WEB1, ONLY);

        assertThat(alpha.definition(WEB1)).isEqualTo(FakeDefinitionHost.xml("web1"));
    }

    /** Blocks the host while it stores a definition of this VM, until the latch is released. */
    private CountDownLatch blockStoring(VmName vm, AtomicInteger storing) {
        CountDownLatch released = new CountDownLatch(1);
        alpha.store(xml -> {
            if (xml.contains("<name>" + vm + "</name>")) {
                storing.incrementAndGet();
                assertThatCode(released::await).doesNotThrowAnyException();
            }
            return xml;
        });
        return released;
    }

    private static CompletableFuture<PairChange> onItsOwnThread(Supplier<PairChange> change) {
        return CompletableFuture.supplyAsync(change, task -> new Thread(task).start());
    }

    @Test
    void changesAVmWhileAChangeOfAnotherVmWaitsForTheHost() {
        alpha.with("web1", VmState.SHUTOFF).with("web2", new UUID(0, 7), VmState.SHUTOFF);
        AtomicInteger storing = new AtomicInteger();
        CountDownLatch released = blockStoring(WEB1, storing);
        CompletableFuture<PairChange> slow = onItsOwnThread(() -> pairs.turnOn(WEB1, REQUEST));
        await().until(() -> storing.get() == 1);

        CompletableFuture<PairChange> other = onItsOwnThread(() -> pairs.turnOn(new VmName("web2"), REQUEST));

        try {
            await().until(other::isDone);
            assertThat(other.join().changed()).isTrue();
            assertThat(slow).isNotDone();
        } finally {
            released.countDown();
        }
        assertThat(slow.join().changed()).isTrue();
    }

    @Test
    void changesOneVmInTheOrderOfTheRequests() {
        alpha.with("web1", VmState.SHUTOFF);
        AtomicInteger storing = new AtomicInteger();
        CountDownLatch released = blockStoring(WEB1, storing);
        CompletableFuture<PairChange> on = onItsOwnThread(() -> pairs.turnOn(WEB1, REQUEST));
        await().until(() -> storing.get() == 1);
        AtomicReference<Thread> second = new AtomicReference<>();
        CompletableFuture<PairChange> off = onItsOwnThread(() -> {
            second.set(Thread.currentThread());
            return pairs.turnOff(WEB1, ONLY);
        });
        await().until(() -> second.get() != null
                && (second.get().getState() == Thread.State.WAITING
                        || second.get().getState() == Thread.State.BLOCKED));

        assertThat(storing).hasValue(1);
        released.countDown();

        assertThat(on.join().changed()).isTrue();
        assertThat(off.join().changed()).isTrue();
        assertThat(alpha.definition(WEB1)).isEqualTo(FakeDefinitionHost.xml("web1"));
    }

    @Test
    void storesNothingThatTheEditorRefuses() {
        alpha.with("web1", VmState.SHUTOFF);
        PairRequest wrong = new PairRequest(
                new NicSelector.ByIndex(7), Optional.empty(), Optional.empty(), Optional.empty(), Set.of());

        PairChange change = pairs.turnOn(WEB1, wrong);

        assertThat(change.changed()).isFalse();
        assertThat(change.findings()).extracting(Finding::code).containsExactly(FindingCode.NIC_NOT_FOUND);
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void storesNothingThatTheHostDoesNotSupport() {
        alpha.with("web1", VmState.SHUTOFF);
        alpha.objectTo("transient", OBJECTION);

        PairChange change = pairs.turnOn(WEB1, REQUEST);

        assertThat(change.changed()).isFalse();
        assertThat(change.definition()).isEqualTo(FakeDefinitionHost.xml("web1"));
        assertThat(change.findings()).contains(OBJECTION);
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void ignoresFormerFindingsOfTheHost() {
        alpha.with("web1", VmState.SHUTOFF);
        alpha.object(OBJECTION);

        assertThat(pairs.turnOn(WEB1, REQUEST).changed()).isTrue();
    }

    @Test
    void rollsBackAPairThatTheHostDidNotStore() {
        alpha.with("web1", VmState.SHUTOFF);
        alpha.store(xml -> xml.replaceAll("<teaming type='transient'[^>]*>", ""));

        PairChange change = pairs.turnOn(WEB1, REQUEST);

        assertThat(change.changed()).isFalse();
        assertThat(change.findings())
                .filteredOn(f -> f.code() == FindingCode.DEFINITION_ALTERED)
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("dropped <teaming> of ua-"));
        assertThat(alpha.definition(WEB1)).isEqualTo(FakeDefinitionHost.xml("web1"));
    }

    @Test
    void checksTheStoredDefinition() {
        alpha.with("web1", VmState.SHUTOFF);
        alpha.store(xml -> xml.replace("machine='q35'", "machine='pc'"));

        PairChange change = pairs.turnOn(WEB1, REQUEST);

        assertThat(change.changed()).isFalse();
        assertThat(change.findings()).extracting(Finding::code).contains(FindingCode.MACHINE_WITHOUT_PCIE);
    }

    @Test
    void refusesWhileTheVmIsBeingMigrated() {
        alpha.with("web1", VmState.RUNNING);
        fakeHosts.migrated("web1", "alpha", "beta", Optional.empty());

        assertCode(ErrorCode.MIGRATION_IN_PROGRESS, () -> pairs.turnOn(WEB1, REQUEST));
        assertCode(ErrorCode.MIGRATION_IN_PROGRESS, () -> pairs.turnOff(WEB1, ONLY));
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void refusesAnUnknownVm() {
        assertCode(ErrorCode.VM_NOT_FOUND, () -> pairs.turnOn(WEB1, REQUEST));
        assertCode(ErrorCode.VM_NOT_FOUND, () -> pairs.lint(WEB1));
    }

    @Test
    void plansOnADocumentWithoutStoringAnything() {
        PairChange on = pairs.planOn(FakeDefinitionHost.xml("web1"), REQUEST, Optional.empty());

        assertThat(on.changed()).isTrue();
        assertThat(pairs.planOff(on.definition(), ONLY).definition()).isEqualTo(FakeDefinitionHost.xml("web1"));
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void lintsAndFixesADocumentWithAndWithoutAHost() {
        String plain = FakeDefinitionHost.xml("web1");

        assertThat(pairs.lint(plain, Optional.empty())).isEmpty();
        assertThat(pairs.lint(plain, Optional.of(alpha.name()))).isEmpty();
        assertThat(pairs.fix(plain, Optional.of(alpha.name())).definition()).isEqualTo(plain);
        assertCode(ErrorCode.MALFORMED_XML, () -> pairs.lint("<domain", Optional.empty()));
    }

    @Test
    void forwardsListenersToTheHealthTracker() {
        Subscription subscription = () -> {};
        Consumer<PairChanged> listener = change -> {};
        when(fakeHosts.health.listen(any())).thenReturn(subscription);

        assertThat(pairs.listen(listener)).isSameAs(subscription);
    }

    private static void assertCode(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void checksAVfWithTheFactsOfItsHost() {
        inventory(vfOf("other", Optional.empty()));
        String definition = FakeDefinitionHost.xmlWithVf("web1")
                .replace("<interface type='network'><mac", "<interface type='hostdev'><mac")
                .replace(
                        "<source network='pool-a'/>",
                        "<source><address type='pci' domain='0' bus='1' slot='0x10' function='2'/></source>");

        assertThat(pairs.lint(definition, Optional.of(alpha.name())))
                .extracting(Finding::code)
                .contains(FindingCode.VF_NOT_FREE, FindingCode.IOMMU_GROUP_SHARED);
        assertThat(pairs.lint(definition, Optional.empty()))
                .extracting(Finding::code)
                .doesNotContain(FindingCode.VF_NOT_FREE, FindingCode.IOMMU_GROUP_SHARED);
    }

    @Test
    void reportsTheMacOfAPairOnAVfOfAnotherVmButNotOnItsOwn() {
        inventory(vfOf("web1", Optional.of(MAC)));
        assertThat(macFindings()).isEmpty();

        inventory(vfOf("other", Optional.of(MAC)));
        assertThat(macFindings())
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("also used by other"));
    }

    @Test
    void reportsTheMacOfAPairInAnotherRunningVmButNotInItself() {
        when(fakeHosts.health.macUsers(alpha)).thenReturn(Map.of(MAC, Set.of("web1")));
        assertThat(macFindings()).isEmpty();

        when(fakeHosts.health.macUsers(alpha)).thenReturn(Map.of(MAC, Set.of("web1", "web2")));
        assertThat(macFindings())
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("also used by web2"));
    }

    private List<Finding> macFindings() {
        return pairs.lint(FakeDefinitionHost.xmlWithVf("web1"), Optional.of(alpha.name())).stream()
                .filter(f -> f.code() == FindingCode.DUPLICATE_MAC)
                .toList();
    }

    private void inventory(VfView vf) {
        HostNics nics = mock(HostNics.class);
        when(nics.inventories())
                .thenReturn(List.of(
                        new NicInventory(alpha.name(), true, "test", List.of(), List.of(vf), List.of()),
                        new NicInventory(new HostName("gamma"), true, "test", List.of(), List.of(), List.of())));
        nicFacts.setNics(nics);
    }

    private static VfView vfOf(String vm, Optional<MacAddress> mac) {
        return new VfView(
                PciAddress.parse("01:10.2"),
                PciAddress.parse("01:00.0"),
                "eno1",
                1,
                VfState.LEASED,
                "",
                List.of(),
                List.of(),
                "8086",
                "10ca",
                Optional.of("vfio-pci"),
                Optional.empty(),
                mac,
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalInt.empty(),
                OptionalInt.of(7),
                Optional.of(true),
                List.of(),
                VfioReadiness.READY,
                Optional.empty(),
                Optional.of(new VfView.Holder(vm, "ua-vf0", "server", 1, true)));
    }
}
