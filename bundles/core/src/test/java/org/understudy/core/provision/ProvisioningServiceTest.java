// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Consent;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.NicContributor;
import org.understudy.api.NicProvisioning.Occasion;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.Policy;
import org.understudy.api.Provisioned;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.pair.PairService;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;
import org.understudy.core.vf.VfLeaseController;

class ProvisioningServiceTest {
    private static final String PLAIN = FakeDefinitionHost.xml("web1");
    private static final PairRequest PAIR =
            new PairRequest(new NicSelector.Only(), Optional.empty(), Optional.empty(), Optional.empty(), Set.of());
    private static final Finding VETO = Finding.of(FindingCode.VETOED, "vm web1", "not today", "try tomorrow");
    private static final NicContributor TITLING = (occasion, host, xml) -> new Provisioned(
            xml.replace("</name>", "</name><title>" + occasion + " on " + host + "</title>"), List.of());
    private static final NicContributor FAILING = (occasion, host, xml) -> {
        throw new IllegalStateException("failed");
    };

    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeHosts fakeHosts = new FakeHosts(alpha);
    private final Arrivals arrivals = mock(Arrivals.class);
    private final ProvisioningService provisioning = new ProvisioningService(
            new PairService(
                    fakeHosts.locator,
                    fakeHosts.registry,
                    fakeHosts.inventory,
                    fakeHosts.policies,
                    fakeHosts.migrations,
                    fakeHosts.health,
                    new NicFacts(),
                    mock(VfLeaseController.class)),
            fakeHosts.registry,
            fakeHosts.policies,
            arrivals,
            new PassedVms(fakeHosts.inventory));

    @AfterEach
    void close() {
        fakeHosts.close();
    }

    private Provisioned define(PairRequest... requests) {
        return provisioning.before(Occasion.DEFINE, alpha.name(), PLAIN, List.of(requests));
    }

    @Test
    void keepsADefinitionWithoutRequests() {
        assertThat(define()).isEqualTo(new Provisioned(PLAIN, List.of()));
    }

    @Test
    void addsTheRequestedPairAndStoresNothing() {
        Provisioned provisioned = define(PAIR);

        assertThat(DomainView.of(provisioned.definition()).pairs()).hasSize(1);
        assertThat(provisioned.refused()).isFalse();
        assertThat(provisioned.findings()).extracting(Finding::code).containsExactly(FindingCode.EMULATED_PRIMARY);
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void addsSeveralPairsByTheIndexesOfTheGivenDefinition() {
        String second = "<interface type='bridge'><mac address='52:54:00:AA:DD:30'/><source bridge='br0'/>"
                + "<model type='virtio'/></interface>";
        String two = PLAIN.replace("</devices>", second + "</devices>");
        List<PairRequest> requests = List.of(byIndex(0), byIndex(1));

        Provisioned provisioned = provisioning.before(Occasion.DEFINE, alpha.name(), two, requests);

        assertThat(DomainView.of(provisioned.definition()).pairs())
                .extracting(pair -> pair.mac().value().toLowerCase(Locale.ROOT))
                .containsExactlyInAnyOrder("52:54:00:11:22:33", "52:54:00:aa:dd:30");
    }

    private static PairRequest byIndex(int index) {
        return new PairRequest(new NicSelector.ByIndex(index), PAIR.pool(), PAIR.form(), PAIR.vf(), PAIR.consents());
    }

    @Test
    void refusesToBypassAFilterButLetsARunningVmMigrate() {
        String filtered =
                PLAIN.replace("<source bridge='br0'/>", "<source bridge='br0'/><filterref filter='clean-traffic'/>");
        Provisioned refused = provisioning.before(Occasion.DEFINE, alpha.name(), filtered, List.of(PAIR));
        PairRequest accepting =
                new PairRequest(PAIR.nic(), PAIR.pool(), PAIR.form(), PAIR.vf(), Set.of(Consent.BYPASS_FILTER));

        assertThat(refused.refused()).isTrue();
        assertThat(refused.definition()).isEqualTo(filtered);
        Provisioned accepted = provisioning.before(Occasion.DEFINE, alpha.name(), filtered, List.of(accepting));
        assertThat(accepted.refused()).isFalse();
        String withoutConsent = accepted.definition().replace(" consents='bypass-filter'", "");
        assertThat(provisioning
                        .before(Occasion.MIGRATE, alpha.name(), withoutConsent, List.of())
                        .findings())
                .filteredOn(f -> f.code() == FindingCode.FILTER_BYPASSED)
                .extracting(Finding::severity)
                .containsExactly(Severity.WARNING);
    }

    @Test
    void refusesADefinitionWithMaskedPasswords() {
        String masked = PLAIN.replace("<devices>", "<devices><graphics type='vnc' passwd='***'/>");

        Provisioned provisioned = provisioning.before(Occasion.DEFINE, alpha.name(), masked, List.of());

        assertThat(provisioned.refused()).isTrue();
        assertThat(provisioned.findings()).extracting(Finding::code).containsExactly(FindingCode.PASSWORD_MASKED);
    }

    @Test
    void returnsTheUnchangedDefinitionIfTheHostRefuses() {
        alpha.objectTo(
                "transient", Finding.of(FindingCode.DEFINITION_UNSUPPORTED, "vm web1", "no such model", "another"));

        Provisioned provisioned = define(PAIR);

        assertThat(provisioned.refused()).isTrue();
        assertThat(provisioned.definition()).isEqualTo(PLAIN);
    }

    @Test
    void allowsAContributorToAdjustADefinitionWithAPair() {
        provisioning.contributors = List.of(TITLING);

        Provisioned provisioned =
                provisioning.before(Occasion.MIGRATE, alpha.name(), define(PAIR).definition(), List.of());

        assertThat(provisioned.definition()).contains("<title>MIGRATE on alpha</title>", "transient");
    }

    @Test
    void allowsAContributorToVeto() {
        provisioning.contributors = List.of(TITLING, (occasion, host, xml) -> new Provisioned(xml, List.of(VETO)));

        Provisioned provisioned = define(PAIR);

        assertThat(provisioned.refused()).isTrue();
        assertThat(provisioned.findings()).contains(VETO);
        assertThat(provisioned.definition()).isEqualTo(PLAIN);
    }

    @Test
    void callsContributorsForAnArrival() {
        when(arrivals.prepare(eq(alpha.name()), eq(PLAIN), eq(List.of(PAIR)), any()))
                .thenAnswer(call ->
                        call.<UnaryOperator<Provisioned>>getArgument(3).apply(new Provisioned(PLAIN, List.of())));
        provisioning.contributors = List.of(TITLING, (occasion, host, xml) -> new Provisioned(xml, List.of(VETO)));

        Provisioned provisioned = provisioning.arriving(alpha.name(), PLAIN, List.of(PAIR));

        assertThat(provisioned.definition()).contains("<title>ARRIVING on alpha</title>");
        assertThat(provisioned.findings()).containsExactly(VETO);
    }

    @Test
    void ignoresAContributorThatFailsOrReturnsInvalidXml() {
        provisioning.contributors = List.of(FAILING, (occasion, host, xml) -> new Provisioned("<domain", List.of()));

        Provisioned provisioned = define();

        assertThat(provisioned.refused()).isFalse();
        assertThat(provisioned.definition()).isEqualTo(PLAIN);
        assertThat(provisioned.findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.CONTRIBUTOR_FAILED, FindingCode.CONTRIBUTOR_FAILED);
    }

    @Test
    void refusesAfterAFailedContributorIfAVfIsRequired() {
        Policy lenient = fakeHosts.policies.current();
        when(fakeHosts.policies.current())
                .thenReturn(new Policy(
                        lenient.hosts(),
                        lenient.pools(),
                        lenient.networkPools(),
                        lenient.deadlines(),
                        true,
                        lenient.strategy(),
                        lenient.allowEmulatedPrimary(),
                        lenient.settle(),
                        lenient.probes()));
        provisioning.contributors = List.of(FAILING);

        Provisioned provisioned = define();

        assertThat(provisioned.refused()).isTrue();
        assertThat(provisioned.findings()).extracting(Finding::severity).containsExactly(Severity.ERROR);
    }

    @Test
    void refusesAnUnknownHost() {
        assertThatThrownBy(() -> provisioning.before(Occasion.START, new HostName("gamma"), PLAIN, List.of()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_NOT_FOUND));
    }
}
