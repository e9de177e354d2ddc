// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.inventory.VmReadings;
import org.understudy.core.pair.PairService;
import org.understudy.core.reconcile.DefinitionController.Timings;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;
import org.understudy.core.vf.VfLeaseController;

class DefinitionControllerTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final Duration SETTLE = Duration.ofSeconds(3);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Timings RHYTHM = new Timings(SETTLE, new Backoff(PAUSE, Duration.ofMinutes(5), () -> 0));
    private static final PairRequest REQUEST =
            new PairRequest(new NicSelector.Only(), Optional.empty(), Optional.empty(), Optional.empty(), Set.of());

    private final FakeScheduler clock = new FakeScheduler();
    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeDefinitionHost beta = new FakeDefinitionHost("beta");
    private final FakeHosts fakeHosts = new FakeHosts(alpha, beta);
    private final VfLeaseController vfs =
            new VfLeaseController(fakeHosts.registry, fakeHosts.migrations, fakeHosts.policies);
    private final PairService pairs = new PairService(
            fakeHosts.locator,
            fakeHosts.registry,
            fakeHosts.inventory,
            fakeHosts.policies,
            fakeHosts.migrations,
            fakeHosts.health,
            new NicFacts(),
            vfs);
    private Optional<VmReadings> readings = Optional.empty();
    private Optional<DefinitionController> controller = Optional.empty();

    @AfterEach
    void close() {
        controller.ifPresent(DefinitionController::close);
        readings.ifPresent(VmReadings::close);
        vfs.close();
        fakeHosts.close();
    }

    private DefinitionController keep() {
        readings = Optional.of(new VmReadings(fakeHosts.registry, DomainView::of, clock));
        controller = Optional.of(new DefinitionController(
                fakeHosts.registry, readings.get(), pairs, fakeHosts.migrations, RHYTHM, clock));
        return controller.get();
    }

    /** The stored definition of a VM with a requested pair. */
    private String requested(VmState state) {
        alpha.with("web1", state);
        pairs.turnOn(WEB1, REQUEST);
        if (state != VmState.SHUTOFF) {
            alpha.restart("web1");
        }
        alpha.forget();
        return alpha.definition(WEB1);
    }

    private static String withoutPrimary(String definition) {
        int end = definition.lastIndexOf("</interface>") + "</interface>".length();
        return definition.substring(0, definition.lastIndexOf("<interface")) + definition.substring(end);
    }

    private static List<FindingCode> codes(DefinitionController controller) {
        return controller.findings().stream().map(Finding::code).toList();
    }

    private void staysAsItIs() {
        clock.advance(Duration.ofSeconds(4));
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void restoresARemovedPrimary() {
        String requested = requested(VmState.SHUTOFF);
        alpha.edit(withoutPrimary(requested));
        assertThat(DomainView.of(alpha.definition(WEB1)).pairs()).isEmpty();

        DefinitionController kept = keep();

        clock.advance(SETTLE);
        assertThat(DomainView.of(alpha.definition(WEB1)).pairs())
                .isEqualTo(DomainView.of(requested).pairs());
        clock.advance(PAUSE);
        assertThat(kept.findings()).isEmpty();
    }

    @Test
    void restoresItInTheRunningVmAsWell() {
        String requested = requested(VmState.RUNNING);
        alpha.presence(PrimaryPresence.ABSENT);
        keep();

        alpha.edit(withoutPrimary(requested));

        clock.advance(SETTLE);
        assertThat(alpha.calls()).contains("plug ua-primary0");
    }

    @Test
    void restoresAPrimaryWhoseRemovalWasMissed() {
        String requested = requested(VmState.SHUTOFF);
        keep();
        clock.advance(SETTLE);

        alpha.editMissed(withoutPrimary(requested));

        clock.advance(SETTLE);
        assertThat(DomainView.of(alpha.definition(WEB1)).pairs())
                .isEqualTo(DomainView.of(requested).pairs());
    }

    @Test
    void pausesWhileItIsRemovedAgainAndAgain() {
        String requested = requested(VmState.SHUTOFF);
        keep();
        alpha.edit(withoutPrimary(requested));
        clock.advance(SETTLE);
        assertThat(DomainView.of(alpha.definition(WEB1)).pairs()).hasSize(1);

        alpha.edit(withoutPrimary(requested));
        alpha.forget();

        staysAsItIs();
        assertThat(codes(controller.orElseThrow())).containsExactly(FindingCode.PAIR_HALF_MISSING);
    }

    @Test
    void ignoresAVmWithoutARequestedPair() {
        alpha.with("web1", VmState.SHUTOFF);
        DefinitionController kept = keep();

        alpha.edit(FakeDefinitionHost.xml("web1")
                .replace(
                        "<model type='virtio'/>",
                        "<model type='virtio'/><teaming type='persistent'/><alias name='ua-net'/>"));
        alpha.forget();

        staysAsItIs();
        assertThat(kept.findings()).isEmpty();
    }

    @Test
    void ignoresAVmInAMigration() {
        String requested = requested(VmState.RUNNING);
        fakeHosts.watched("web1", "alpha", "beta");
        keep();

        alpha.edit(withoutPrimary(requested));
        alpha.forget();

        staysAsItIs();
    }

    @Test
    void reportsWhyItCannotRestoreIt() {
        String requested = requested(VmState.SHUTOFF);
        alpha.edit(withoutPrimary(requested).replace("pool='trial'", "pool='gone'"));
        alpha.forget();

        DefinitionController kept = keep();

        clock.advance(SETTLE);
        assertThat(codes(kept)).containsExactlyInAnyOrder(FindingCode.PAIR_HALF_MISSING, FindingCode.POOL_UNKNOWN);
        assertThat(alpha.calls()).isEmpty();
    }

    @Test
    void retriesAVmWhoseHostDidNotAnswer() {
        String requested = requested(VmState.SHUTOFF);
        DefinitionController kept = keep();
        clock.advance(SETTLE);
        assertThat(kept.findings()).isEmpty();
        alpha.fail(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "libvirtd is away"));
        alpha.edit(withoutPrimary(requested));
        alpha.forget();
        staysAsItIs();

        alpha.recover();

        clock.advance(PAUSE);
        assertThat(DomainView.of(alpha.definition(WEB1)).pairs()).hasSize(1);
    }

    @Test
    void reportsAVmThatCannotBeRestoredAsTwoHostsHaveIt() {
        String requested = requested(VmState.SHUTOFF);
        beta.with("web1", VmState.SHUTOFF);
        DefinitionController kept = keep();

        alpha.edit(withoutPrimary(requested));

        clock.advance(SETTLE);
        assertThat(codes(kept)).containsExactly(FindingCode.PAIR_HALF_MISSING);
    }

    @Test
    void reportsARenamedNetworkUntilItExists() {
        String requested = requested(VmState.SHUTOFF);
        alpha.knows("lan");
        alpha.edit(requested.replace("type='bridge'", "type='network'").replace("bridge='br0'", "network='lan'"));
        DefinitionController kept = keep();
        staysAsItIsBut("define web1");
        assertThat(kept.findings()).isEmpty();

        alpha.knows("lan-2");
        alpha.edit(alpha.definition(WEB1));

        clock.advance(SETTLE);
        assertThat(codes(kept)).containsExactly(FindingCode.NETWORK_MISSING_ON_HOST);
        alpha.knows("lan", "lan-2");
        clock.advance(PAUSE);
        assertThat(kept.findings()).isEmpty();
    }

    private void staysAsItIsBut(String call) {
        clock.advance(Duration.ofMinutes(1));
        assertThat(alpha.calls()).containsOnly(call);
    }

    @Test
    void dropsTheFindingsOfAVmWhosePairIsSwitchedOff() {
        String requested = requested(VmState.SHUTOFF);
        alpha.edit(withoutPrimary(requested).replace("pool='trial'", "pool='gone'"));
        DefinitionController kept = keep();
        clock.advance(SETTLE);
        assertThat(kept.findings()).isNotEmpty();

        alpha.edit(FakeDefinitionHost.xml("web1"));

        clock.advance(SETTLE);
        assertThat(kept.findings()).isEmpty();
    }
}
