// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.xml.MigrationMark;
import org.understudy.libvirt.connect.Libvirtd;

/** Two servers, which share nothing but two real libvirtds, migrate one VM at once. */
class ConcurrentMigrationsTest {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final VmName VM = new VmName("idle");
    private static final MigrationId FIRST = new MigrationId("m-1");
    private static final MigrationId SECOND = new MigrationId("m-2");

    @TempDir
    Path directory;

    @Test
    void oneOfTwoMovesTheVmAndTheOtherChangesNothing() throws Exception {
        try (Libvirtd daemonA = Libvirtd.start(directory.resolve("a"));
                Libvirtd daemonB = Libvirtd.start(directory.resolve("b"));
                Host a = TwoLibvirtds.host("a", daemonA);
                Host sameA = TwoLibvirtds.host("a", daemonA);
                Host b = TwoLibvirtds.host("b", daemonB);
                Host sameB = TwoLibvirtds.host("b", daemonB)) {
            a.define(TestHosts.qemu(VM.value()));
            a.start(VM, Map.of());
            String live = a.liveDefinition(VM).orElseThrow();
            String configured = a.definition(VM);
            IncomingMigration first = prepare(b, FIRST, live, configured);
            IncomingMigration second = prepare(sameB, SECOND, live, configured);
            List<CompletableFuture<MigrationPhase>> ends = List.of(
                    CompletableFuture.supplyAsync(() -> send(a, FIRST, first, live, configured)),
                    CompletableFuture.supplyAsync(() -> send(sameA, SECOND, second, live, configured)));

            await().atMost(LIMIT).until(() -> ends.stream().allMatch(CompletableFuture::isDone));

            assertThat(ends.stream().map(CompletableFuture::join))
                    .containsExactlyInAnyOrder(MigrationPhase.COMPLETED, MigrationPhase.FAILED);
            boolean firstMoved = ends.get(0).join() == MigrationPhase.COMPLETED;
            IncomingMigration lost = firstMoved ? second : first;
            assertThat((firstMoved ? first : second).phase()).isEqualTo(MigrationPhase.COMPLETED);
            assertThat(lost.phase()).isEqualTo(MigrationPhase.NONE);
            lost.abort();
            assertThat(b.find(VM).map(HostedVm::state)).contains(VmState.RUNNING);
            assertThat(MigrationMark.of(b.liveDefinition(VM).orElseThrow())).contains(firstMoved ? FIRST : SECOND);
            assertThat(MigrationMark.of(b.definition(VM))).isEmpty();
            b.destroy(VM);
        }
    }

    private static IncomingMigration prepare(Host host, MigrationId id, String live, String configured) {
        return host.prepareIncoming(new IncomingRequest(
                id, VM, MigrationMark.set(live, id), configured, MigrationOptions.defaults(), Map.of()));
    }

    private static MigrationPhase send(
            Host host, MigrationId id, IncomingMigration to, String live, String configured) {
        try {
            OutgoingMigration out = host.startOutgoing(new OutgoingRequest(
                    id, VM, to.uri(), MigrationOptions.defaults(), MigrationMark.set(live, id), configured));
            await().atMost(LIMIT).until(() -> out.progress().phase().isOver());
            return out.progress().phase();
        } catch (UnderstudyException e) {
            return MigrationPhase.FAILED;
        }
    }
}
