// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.xml.MigrationMark;
import org.understudy.libvirt.TcgFlaky;
import org.understudy.libvirt.connect.Cable;

/** Migrates a Linux guest with a failover pair between two real libvirtds. */
@TcgFlaky("QEMU before 9.0 forgets pages of a guest that is moved right after its boot: one in five crashes")
final class MigrationTest extends TwoLibvirtds {
    @BeforeEach
    void bootGuest() {
        ensureGuest();
        fromA.clear();
    }

    @Test
    void migratesAGuestWithItsPair() {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = a.startOutgoing(outgoing(in));
        assertThat(out.switchesByItself()).isTrue();
        assertThat(a.outgoing(WEB)).isPresent();

        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.COMPLETED);
        assertThat(in.phase()).isEqualTo(MigrationPhase.COMPLETED);
        in.accept();
        assertThatThrownBy(in::abort).isInstanceOf(UnderstudyException.class);
        assertThat(fromA).noneMatch(HostEvent.Stopped.class::isInstance);
        out.finish();

        assertThat(a.find(WEB)).isEmpty();
        assertThat(b.find(WEB).map(HostedVm::state)).contains(VmState.RUNNING);
        assertThat(b.definition(WEB)).contains("ua-standby0");
        assertThat(MigrationMark.of(b.liveDefinition(WEB).orElseThrow())).contains(new MigrationId("m-1"));
        assertThat(MigrationMark.of(b.definition(WEB))).isEmpty();
        await().atMost(LIMIT).until(() -> b.primaryPresence(WEB, PRIMARY) == PrimaryPresence.ENABLED);
        assertThat(phases(fromA))
                .containsSubsequence(
                        MigrationPhase.SETUP,
                        MigrationPhase.WAIT_UNPLUG,
                        MigrationPhase.ACTIVE,
                        MigrationPhase.COMPLETED);
        assertThat(fromA).anyMatch(HostEvent.UnplugRequested.class::isInstance);
        await().atMost(LIMIT).until(() -> fromB.stream().anyMatch(HostEvent.Resumed.class::isInstance));
        await().atMost(LIMIT).until(() -> fromA.stream().anyMatch(HostEvent.Stopped.class::isInstance));
        assertThat(fromA)
                .filteredOn(HostEvent.MemoryPass.class::isInstance)
                .extracting(e -> ((HostEvent.MemoryPass) e).pass())
                .startsWith(1);
        await().atMost(LIMIT).until(() -> fromA.stream().anyMatch(HostEvent.MigrationMeasured.class::isInstance));
        assertThat(fromA)
                .filteredOn(HostEvent.MigrationMeasured.class::isInstance)
                .singleElement()
                .satisfies(e -> assertThat(((HostEvent.MigrationMeasured) e).downtime())
                        .isBetween(Duration.ofMillis(1), Duration.ofMinutes(1)));
    }

    @Test
    void isNotCompletedForAnotherServerBeforeTheGuestRunsOnTheDestination() {
        try (Host watching = host("a", daemonA)) {
            IncomingMigration in = b.prepareIncoming(request());
            a.startOutgoing(outgoing(in));

            MigrationPhase phase;
            do {
                phase = watching.outgoing(WEB).map(o -> o.progress().phase()).orElse(MigrationPhase.COMPLETED);
            } while (phase != MigrationPhase.COMPLETED);

            assertThat(b.find(WEB).map(HostedVm::state)).contains(VmState.RUNNING);
        }
    }

    /** libvirt migrates without the connection; that the VM has left meanwhile is not a failure. */
    @Test
    void followsAMigrationToItsEndAfterTheConnectionWasLost(@TempDir Path own) throws IOException {
        a.close();
        try (Cable cable = new Cable(own.resolve("cable"), daemonA.socket())) {
            a = host("a", "qemu+unix:///system?socket=" + own.resolve("cable"));
            a.subscribe(fromA::add);
            IncomingMigration in = b.prepareIncoming(request());
            OutgoingMigration out = a.startOutgoing(outgoing(in));
            await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.ACTIVE);

            cable.cut();
            await().atMost(LIMIT)
                    .ignoreException(UnderstudyException.class)
                    .until(() -> out.progress().phase() == MigrationPhase.COMPLETED);

            assertThat(b.find(WEB).map(HostedVm::state)).contains(VmState.RUNNING);
            assertThat(fromA).noneMatch(HostEvent.Stopped.class::isInstance);
            out.finish();
            await().atMost(LIMIT).until(() -> fromA.stream().anyMatch(HostEvent.Stopped.class::isInstance));
            a.close();
        }
    }

    /** While libvirt prepares and loads the VM, it must not be reported as arrived and paused. */
    @Test
    void isIncomingUntilTheGuestRunsOnTheDestination() {
        Set<VmState> seen = EnumSet.noneOf(VmState.class);
        IncomingMigration in = b.prepareIncoming(request());
        CompletableFuture<OutgoingMigration> out = CompletableFuture.supplyAsync(() -> a.startOutgoing(outgoing(in)));
        do {
            b.find(WEB).map(HostedVm::state).ifPresent(seen::add);
        } while (!out.isDone() || out.join().progress().phase() != MigrationPhase.COMPLETED);

        assertThat(seen).contains(VmState.INCOMING).doesNotContain(VmState.PAUSED);
    }

    private static List<MigrationPhase> phases(List<HostEvent> events) {
        return events.stream()
                .filter(HostEvent.MigrationChanged.class::isInstance)
                .map(e -> ((HostEvent.MigrationChanged) e).phase())
                .toList();
    }

    @Test
    void keepsTheGuestAndItsPrimaryOnTheSourceAfterACancel() {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = a.startOutgoing(outgoing(in, 100_000));
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.ACTIVE);
        assertThat(in.phase()).isEqualTo(MigrationPhase.ACTIVE);
        assertThat(b.find(WEB).map(HostedVm::state)).contains(VmState.INCOMING);
        assertThat(b.incoming(WEB)).isPresent();
        assertThat(b.outgoing(WEB)).isEmpty();

        out.cancel();
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.CANCELLED);
        in.abort();
        out.resumeOnSource();
        assertThat(a.outgoing(WEB))
                .as("the next migration may be started by another program")
                .isEmpty();

        assertThat(b.find(WEB)).isEmpty();
        assertThat(a.find(WEB).map(HostedVm::state)).contains(VmState.RUNNING);
        await().atMost(LIMIT).until(() -> a.primaryPresence(WEB, PRIMARY) == PrimaryPresence.ENABLED);
    }

    /** Of two servers, which share nothing but the hosts. */
    @Test
    void leavesTheMigrationOfAnotherServer() {
        IncomingMigration lost = b.prepareIncoming(request("m-2"));
        IncomingMigration in = b.prepareIncoming(request("m-1"));
        OutgoingMigration out = a.startOutgoing(outgoing(in, 100_000));
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.ACTIVE);
        try (Host second = host("a", daemonA)) {
            assertThatThrownBy(() -> second.startOutgoing(outgoing("m-2", lost, 0)))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS));
        }
        assertThatThrownBy(() -> b.prepareIncoming(request("m-3"))).hasMessageContaining("in migration m-1");
        assertThat(lost.phase()).isEqualTo(MigrationPhase.NONE);

        lost.abort();

        assertThat(b.find(WEB).map(HostedVm::state)).contains(VmState.INCOMING);
        assertThat(in.phase()).isEqualTo(MigrationPhase.ACTIVE);
        assertThat(out.progress().phase()).isEqualTo(MigrationPhase.ACTIVE);
        out.cancel();
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.CANCELLED);
        in.abort();
        assertThat(b.find(WEB)).isEmpty();
        await().atMost(LIMIT).until(() -> a.primaryPresence(WEB, PRIMARY) == PrimaryPresence.ENABLED);
    }

    @Test
    void noOptionOfOneMigrationIsInForceInTheNext() throws LibvirtException, JsonProcessingException {
        long usual = parameter("max-bandwidth");
        cancelInCopy(Optional.of(Duration.ofSeconds(2)), 2000);
        assertThat(parameter("max-bandwidth")).isEqualTo(usual);

        cancelInCopy(Optional.empty(), 300);
    }

    /** Starts and cancels a slow migration. */
    private void cancelInCopy(Optional<Duration> downtimeLimit, long expectedMillis)
            throws LibvirtException, JsonProcessingException {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = a.startOutgoing(outgoing("m-1", in, 100_000, downtimeLimit));
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.ACTIVE);
        assertThat(parameter("downtime-limit")).isEqualTo(expectedMillis);
        assertThat(parameter("max-bandwidth")).isEqualTo(1 << 20);
        out.cancel();
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.CANCELLED);
        in.abort();
        out.resumeOnSource();
        await().atMost(LIMIT).until(() -> a.primaryPresence(WEB, PRIMARY) == PrimaryPresence.ENABLED);
    }

    /** As QEMU on the source has it. */
    private static long parameter(String name) throws LibvirtException, JsonProcessingException {
        Connect connection = new Connect(daemonA.uri("qemu", "/system"));
        try {
            String answer = connection
                    .domainLookupByName(WEB.value())
                    .qemuMonitorCommand("{\"execute\":\"query-migrate-parameters\"}", 0);
            return new ObjectMapper().readTree(answer).path("return").path(name).asLong();
        } finally {
            connection.close();
        }
    }

    @Test
    void keepsTheGuestAndItsPrimaryOnTheSourceAfterARestartOfTheDestinationsLibvirt() throws IOException {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = a.startOutgoing(outgoing(in, 100_000));
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.ACTIVE);

        daemonB.kill();
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.FAILED);
        assertThat(out.progress().error()).contains("libvirt reported: ");
        daemonB.begin();
        in.abort();

        assertThat(b.find(WEB)).isEmpty();
        assertThat(a.find(WEB).map(HostedVm::state)).contains(VmState.RUNNING);
        await().atMost(LIMIT).until(() -> a.primaryPresence(WEB, PRIMARY) == PrimaryPresence.ENABLED);
    }

    @Test
    void reportsWhyLibvirtRejectsTheMigration() {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingRequest impossible = new OutgoingRequest(
                new MigrationId("m-1"),
                WEB,
                in.uri(),
                MigrationOptions.defaults(),
                a.liveDefinition(WEB).orElseThrow().replace("<vcpu placement='static'>1<", "<vcpu>2<"),
                a.definition(WEB));

        assertThatThrownBy(() -> a.startOutgoing(impossible))
                .isInstanceOf(UnderstudyException.class)
                .hasMessageContaining("libvirt reported: ");
        assertThat(a.find(WEB).map(HostedVm::state)).contains(VmState.RUNNING);
        assertThat(a.outgoing(WEB)).isEmpty();
    }
}
