// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.itests.conformance.Lab.ALPHA;
import static org.understudy.itests.conformance.Lab.BETA;

import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.PairHealth;
import org.understudy.api.StepState;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.PrimaryPresence;

/** What a correct pair and its guest survive, with a real QEMU. The tests share the guest while it runs. */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RunningGuestIT {
    private static final VmName VM = new VmName("vm1");

    private static Lab lab;
    private static int port;

    @BeforeAll
    static void open() throws IOException {
        lab = new Lab();
        port = Lab.freePort();
    }

    @AfterAll
    static void close() throws IOException {
        if (lab != null) {
            lab.close();
        }
    }

    /** Boots a guest unless an earlier test has left one on alpha. */
    @BeforeEach
    void ensureGuest() throws IOException {
        lab.sabotageDestination(xml -> xml);
        if (lab.state(ALPHA, VM) == VmState.RUNNING) {
            lab.awaitActive(VM);
        } else {
            lab.clear();
            String heartbeats = "understudy.interval=20 understudy.heartbeat=10.0.2.2:" + port;
            lab.vms.define(ALPHA, lab.domain(VM, "q35", heartbeats, Nics.rightPair()));
            lab.startActive(VM);
        }
    }

    @Test
    void migratesOutAndBackInWithAMeasuredGap() {
        Migration out = lab.migrate(VM, BETA, Lab.probed(port));
        assertCompleted(out);
        lab.assertOnlyOn(BETA, VM, VmState.RUNNING);
        lab.awaitGuest(VM, "traffic is on the primary again", s -> s.contains("path=primary"));
        Migration back = lab.migrate(VM, ALPHA, Lab.probed(port));
        assertCompleted(back);
        lab.assertOnlyOn(ALPHA, VM, VmState.RUNNING);
        assertThat(lab.vms.show(VM).pairs().get(0).health()).isEqualTo(PairHealth.ACTIVE);
    }

    @Test
    void plugsAndUnplugsAPrimaryOfARunningGuest() {
        lab.hosts.host(ALPHA).unplugPrimary(VM, new Alias("ua-p"));
        lab.awaitHealth(VM, PairHealth.ON_STANDBY);
        assertThat(lab.presence(ALPHA, VM, "ua-p")).isEqualTo(PrimaryPresence.ABSENT);
        lab.awaitGuest(VM, "the primary is gone", s -> !s.contains("=primary,"));
        lab.hosts.host(ALPHA).plugPrimary(VM, new Alias("ua-p"), Optional.empty());
        lab.awaitHealth(VM, PairHealth.ACTIVE);
    }

    @Test
    void cancelsWhileItCopiesAndPlugsThePrimaryAgain() {
        Migration started = lab.startSlowly(VM);
        lab.migrations.cancel(started.id());
        assertThat(lab.end(started).outcome()).contains(Outcome.CANCELLED);
        lab.assertOnlyOn(ALPHA, VM, VmState.RUNNING);
        lab.awaitHealth(VM, PairHealth.ACTIVE);
    }

    @Test
    void keepsTheVmOnTheSourceWhenTheDestinationDies() throws IOException {
        Migration started = lab.startSlowly(VM);
        lab.kill(BETA, VM);
        assertThat(lab.end(started).outcome()).contains(Outcome.FAILED_ON_SOURCE);
        lab.assertOnlyOn(ALPHA, VM, VmState.RUNNING);
        lab.awaitHealth(VM, PairHealth.ACTIVE);
    }

    @Test
    void keepsTheVmOnTheSourceWhenTheDestinationHasNoFailover() {
        lab.sabotageDestination(xml -> xml.replaceAll("<teaming [^>]*>", ""));
        Migration migration = lab.migrate(VM, BETA, MigrationOptions.defaults());
        assertThat(migration.outcome()).as("%s", migration).contains(Outcome.FAILED_ON_SOURCE);
        lab.assertOnlyOn(ALPHA, VM, VmState.RUNNING);
        lab.awaitHealth(VM, PairHealth.ACTIVE);
    }

    /** The last one, so that no other has to boot the guest again. */
    @Test
    @Order(Integer.MAX_VALUE)
    void needsAttentionWhenTheSourceDies() throws IOException {
        Migration started = lab.startSlowly(VM);
        lab.kill(ALPHA, VM);
        Migration ended = lab.end(started);
        assertThat(ended.outcome()).contains(Outcome.NEEDS_ATTENTION);
        assertThat(Finding.anyBlocking(ended.findings())).isTrue();
        lab.assertOnlyOn(ALPHA, VM, VmState.SHUTOFF);
    }

    private static void assertCompleted(Migration migration) {
        assertThat(migration.outcome()).as("%s", migration).contains(Outcome.COMPLETED);
        assertThat(migration.steps()).allSatisfy(s -> assertThat(s.state()).isIn(StepState.DONE, StepState.SKIPPED));
        assertThat(migration.downtime()).isPresent();
        assertThat(migration.onStandby()).isPresent();
        assertThat(migration.networkGap()).isInstanceOfSatisfying(NetworkGap.Measured.class, gap -> {
            assertThat(gap.received()).isPositive();
            assertThat(gap.paths()).extracting(NetworkGap.PathCount::path).contains("primary", "standby");
        });
    }
}
