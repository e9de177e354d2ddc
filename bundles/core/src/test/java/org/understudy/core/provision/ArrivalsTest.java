// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.invocation.InvocationOnMock;
import org.mockito.stubbing.Answer;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Provisioned;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfSelector;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.api.xml.DomainDocument;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.pair.PairService;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;
import org.understudy.core.vf.VfLeaseController;

class ArrivalsTest {
    private static final PoolName FAST = new PoolName("fast");
    private static final VmName WEB1 = new VmName("web1");
    private static final PciAddress THERE = PciAddress.parse("0000:81:02.5");

    /** A pair of another tool: only teaming, and the VF of the source. */
    private static final String FIXED = FakeDefinitionHost.xml("web1")
            .replace(
                    "<model type='virtio'/>",
                    "<model type='virtio'/><teaming type='persistent'/><alias name='ua-net'/>")
            .replace("</devices>", """
                    <interface type='hostdev' managed='no'><mac address='52:54:00:11:22:33'/>
                      <source><address type='pci' domain='0x0000' bus='0x01' slot='0x10' function='0x2'/></source>
                      <teaming type='transient' persistent='ua-net'/><alias name='ua-vf'/>
                    </interface>
                    </devices>""");

    private final FakeDefinitionHost beta = new FakeDefinitionHost("beta");
    private final FakeHosts fakeHosts = new FakeHosts(beta);
    private final VfPools pools = mock(VfPools.class);
    private final List<Lease> held = new CopyOnWriteArrayList<>();
    private final AtomicInteger readings = new AtomicInteger();

    /** Not stubbed again, because the lease controller calls it on its own thread. */
    private volatile Answer<Optional<Lease>> leasing = this::lease;

    private final VfLeaseController keeper =
            new VfLeaseController(fakeHosts.registry, fakeHosts.migrations, fakeHosts.policies);
    private final Arrivals arrivals = new Arrivals(
            new PairService(
                    fakeHosts.locator,
                    fakeHosts.registry,
                    fakeHosts.inventory,
                    fakeHosts.policies,
                    fakeHosts.migrations,
                    fakeHosts.health,
                    new NicFacts(),
                    keeper),
            fakeHosts.registry,
            fakeHosts.policies,
            fakeHosts.migrations,
            keeper);

    @BeforeEach
    void configure() {
        Policy usual = FakeHosts.policy();
        when(fakeHosts.policies.current())
                .thenReturn(new Policy(
                        List.of(new HostPolicy(beta.name(), "fake", Map.of(), Map.of(), Map.of("br0", "br7"))),
                        List.of(new PoolPolicy(
                                FAST, PrimaryKind.VF, List.of(VfSelector.parse("eno1")), Optional.empty())),
                        Map.of("br0", FAST),
                        usual.deadlines(),
                        false,
                        Optional.empty(),
                        false,
                        usual.settle(),
                        Map.of()));
        when(pools.lease(any(), any(), any(), any(), any())).thenAnswer(call -> leasing.answer(call));
        when(pools.leases(beta.name())).thenAnswer(call -> {
            readings.incrementAndGet();
            return List.copyOf(held);
        });
        keeper.setPools(pools);
    }

    @AfterEach
    void close() {
        keeper.close();
        fakeHosts.close();
    }

    private Optional<Lease> lease(InvocationOnMock call) {
        held.add(new Lease(beta.name(), FAST, WEB1, call.getArgument(3), THERE, "server", 1));
        return Optional.of(held.get(0));
    }

    private Provisioned arrive(String definition, PairRequest... requests) {
        return arrivals.prepare(beta.name(), definition, List.of(requests), UnaryOperator.identity());
    }

    private static PairRequest request(PrimaryForm form) {
        return new PairRequest(new NicSelector.Only(), Optional.empty(), Optional.of(form), Optional.empty(), Set.of());
    }

    @Test
    void setsALeasedVfAndTheNetworkNamesOfTheHost() {
        Provisioned provisioned = arrive(FIXED);

        assertThat(provisioned.findings()).isEmpty();
        assertThat(provisioned.definition())
                .isEqualTo(
                        FIXED.replace("bus='0x01' slot='0x10' function='0x2'", "bus='0x81' slot='0x02' function='0x5'")
                                .replace("bridge='br0'", "bridge='br7'"));
        assertThat(beta.calls()).isEmpty();
    }

    @Test
    void forwardsFramesToTheStandbyNicUntilTheGuestHasItsVf() {
        arrive(FIXED);

        verify(pools, timeout(5000)).forward(any(), eq(true));
    }

    @Test
    void keepsTheLeaseUntilTheVmArrives() {
        arrive(FIXED);

        checkLeases();
        checkLeases(); // begins when the first check has ended

        verify(pools, never()).release(any());
    }

    /** Has the leases of the host checked; returns once those of the VM are being checked. */
    private void checkLeases() {
        int before = readings.get();
        keeper.setPools(pools);
        await().until(() -> readings.get() >= before + 2);
    }

    @Test
    void keepsTheDefinitionOfAMigrationOfThisServer() {
        fakeHosts.migrated("web1", "alpha", "beta", Optional.empty());

        assertThat(arrive(FIXED)).isEqualTo(new Provisioned(FIXED, List.of()));
        verify(pools, never()).lease(any(), any(), any(), any(), any());
    }

    @Test
    void leasesForAnExternalMigration() {
        fakeHosts.watched("web1", "beta", "alpha"); // virsh migrates it there and immediately back

        assertThat(arrive(FIXED).definition()).contains("bus='0x81' slot='0x02' function='0x5'");
    }

    @Test
    void makesNoPairOfANicWithAFilterUnlessAnAdminAcceptsThat() {
        String filtered = FakeDefinitionHost.xml("web1")
                .replace("<source bridge='br0'/>", "<source bridge='br0'/><filterref filter='clean-traffic'/>");
        String marked = filtered.replace(
                "<devices>",
                "<metadata><u:pairs xmlns:u='" + DomainDocument.UNDERSTUDY
                        + "'><u:mark nic='only' consents='bypass-filter'/></u:pairs></metadata><devices>");

        Provisioned refused = arrive(filtered, request(PrimaryForm.HOSTDEV_INTERFACE));

        assertThat(refused.definition()).isEqualTo(filtered);
        assertThat(refused.findings())
                .filteredOn(f -> f.severity() == Severity.ERROR)
                .extracting(Finding::code)
                .containsExactly(FindingCode.FILTER_BYPASSED);
        assertThat(arrive(marked, request(PrimaryForm.HOSTDEV_INTERFACE)).definition())
                .contains("bus='0x81' slot='0x02' function='0x5'");
    }

    @Test
    void leasesForAnArrivalWithAFilterThatIsBypassedAlready() {
        String filtered =
                FIXED.replace("<source bridge='br0'/>", "<source bridge='br0'/><filterref filter='clean-traffic'/>");

        assertThat(arrive(filtered).definition()).contains("bus='0x81' slot='0x02' function='0x5'");
    }

    @Test
    void leasesNothingIfAContributorVetoes() {
        Finding veto = Finding.of(FindingCode.VETOED, "vm web1", "not today", "try tomorrow");

        Provisioned provisioned = arrivals.prepare(
                beta.name(),
                FIXED,
                List.of(request(PrimaryForm.PLAIN_HOSTDEV)),
                unchanged -> new Provisioned("<domain><name>web1</name></domain>", List.of(veto)));

        assertThat(provisioned).isEqualTo(new Provisioned(FIXED, List.of(veto)));
        verify(pools, never()).lease(any(), any(), any(), any(), any());
    }

    @Test
    void continuesWithTheDefinitionOfAContributor() {
        Provisioned provisioned = arrivals.prepare(
                beta.name(),
                FIXED,
                List.of(),
                unchanged -> new Provisioned(
                        unchanged.definition().replace("</name>", "</name><title>seen</title>"), List.of()));

        assertThat(provisioned.refused()).isFalse();
        assertThat(provisioned.definition()).contains("<title>seen</title>", "bus='0x81' slot='0x02' function='0x5'");
    }

    @Test
    void callsNoContributorForAMigrationOfThisServer() {
        fakeHosts.migrated("web1", "alpha", "beta", Optional.empty());

        assertThat(arrivals.prepare(beta.name(), FIXED, List.of(), unchanged -> {
                    throw new AssertionError("called");
                }))
                .isEqualTo(new Provisioned(FIXED, List.of()));
    }

    @Test
    void returnsTheUnchangedDefinitionIfThePoolIsEmpty() {
        leasing = call -> Optional.empty();

        Provisioned provisioned = arrive(FIXED);

        assertThat(provisioned.refused()).isTrue();
        assertThat(provisioned.definition()).isEqualTo(FIXED);
        assertThat(provisioned.findings()).extracting(Finding::code).containsExactly(FindingCode.POOL_EXHAUSTED);
    }

    @Test
    void reportsWhyNoVfIsAvailable() {
        leasing = call -> {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "ssh: no route");
        };

        assertThat(arrive(FIXED).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.HOST_UNAVAILABLE);
            assertThat(finding.message()).contains("no route");
        });
    }

    @Test
    void addsTheRequestedPairWithALeasedVf() {
        Provisioned provisioned = arrive(FakeDefinitionHost.xml("web1"), request(PrimaryForm.PLAIN_HOSTDEV));

        assertThat(provisioned.refused()).as("%s", provisioned.findings()).isFalse();
        assertThat(provisioned.definition())
                .contains("<hostdev mode='subsystem'")
                .doesNotContain("type='network'");
        PairView pair = DomainView.of(provisioned.definition()).pairs().get(0);
        assertThat(pair.vf()).contains(THERE);
        assertThat(pair.pool()).contains(FAST);
        verify(pools).lease(eq(beta.name()), eq(FAST), eq(WEB1), eq(pair.primary()), any());
    }

    @Test
    void keepsAPairThatIsRequestedAgain() {
        Provisioned first = arrive(FakeDefinitionHost.xml("web1"), request(PrimaryForm.PLAIN_HOSTDEV));
        PairRequest again = new PairRequest(
                new NicSelector.ByMac(new MacAddress("52:54:00:11:22:33")),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Set.of());

        Provisioned second = arrive(first.definition(), again);

        assertThat(second.refused()).as("%s", second.findings()).isFalse();
        assertThat(DomainView.of(second.definition()).pairs()).hasSize(1);
    }

    @Test
    void leasesNothingForARequestThatTheRulesRefuse() {
        String old = FakeDefinitionHost.xml("web1").replace("machine='q35'", "machine='pc-i440fx-7.2'");

        Provisioned provisioned = arrive(old, request(PrimaryForm.PLAIN_HOSTDEV));

        assertThat(provisioned.refused()).isTrue();
        assertThat(provisioned.definition()).isEqualTo(old);
        verify(pools, never()).lease(any(), any(), any(), any(), any());
    }
}
