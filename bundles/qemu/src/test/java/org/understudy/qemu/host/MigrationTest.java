// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.xml.MigrationMark;

/** Source and destination of a migration between two hosts on this machine; the VM has no operating system. */
class MigrationTest {
    private static final VmName VM = new VmName("vm1");

    private Lab lab;
    private Host a;
    private Host b;

    @BeforeEach
    void openHosts() throws IOException {
        lab = new Lab();
        a = lab.host("a");
        b = lab.host("b");
        a.define(EmptyVms.empty("vm1", "<serial type='null'/>"));
        a.start(VM, Map.of());
    }

    @AfterEach
    void endAll() {
        lab.close();
    }

    @Test
    void resumesVmOnSourceIfDestinationNeverRanIt() {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = send(in);
        complete(in, out);
        assertCode(ErrorCode.WRONG_VM_STATE, () -> a.resume(VM));
        in.abort();
        out.resumeOnSource();
        assertThat(a.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
        assertCode(ErrorCode.WRONG_VM_STATE, out::finish);
    }

    @Test
    void restoresBothEndsAfterRestartOfServer() {
        IncomingMigration in = b.prepareIncoming(request());
        complete(in, send(in));
        lab.close(a);
        lab.close(b);
        a = lab.host("a");
        b = lab.host("b");

        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.INCOMING);
        assertCode(ErrorCode.WRONG_VM_STATE, () -> a.resume(VM));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> b.resume(VM));
        assertCode(ErrorCode.WRONG_VM_STATE, () -> b.destroy(VM));
        assertThat(b.incoming(VM).orElseThrow().uri()).isEqualTo(in.uri());
        assertThat(a.outgoing(VM).orElseThrow().progress().phase()).isEqualTo(MigrationPhase.COMPLETED);
        b.incoming(VM).orElseThrow().accept();
        a.outgoing(VM).orElseThrow().finish();
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
        assertThat(a.find(VM)).isEmpty();
        assertThat(b.incoming(VM)).isEmpty();
    }

    @Test
    void rejectsStartOfVmThatMayRunOnDestination() throws IOException {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = send(in);
        complete(in, out);
        kill("a");
        Lab.await("end").until(() -> a.find(VM).orElseThrow().state() == VmState.SHUTOFF);
        assertThat(out.progress().phase()).isEqualTo(MigrationPhase.FAILED);
        assertCode(ErrorCode.WRONG_VM_STATE, () -> a.start(VM, Map.of()));
        in.accept();
        a.outgoing(VM).orElseThrow().finish();
        assertThat(a.find(VM)).isEmpty();
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void allowsStartIfSourceDiedBeforeSwitchover() throws IOException {
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = send(in);
        Lab.await("pre-switchover").until(() -> out.progress().phase() == MigrationPhase.PRE_SWITCHOVER);
        kill("a");
        Lab.await("end").until(() -> in.phase() == MigrationPhase.FAILED);
        in.abort();
        Lab.await("VM shut off").until(() -> a.find(VM).orElseThrow().state() == VmState.SHUTOFF);
        a.start(VM, Map.of());
        assertThat(a.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void migratesOverSeveralEncryptedStreams() throws IOException, InterruptedException {
        Path certificates = Certificates.make(lab.root().resolve("tls"));
        lab.close(a);
        lab.close(b);
        a = lab.host("a", Map.of("tls-directory", certificates.toString()));
        b = lab.host("b", Map.of("tls-directory", certificates.toString()));
        migrate(options(OptionalInt.of(2), true));
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void rejectsTlsWithoutCertificates() {
        assertCode(ErrorCode.REFUSED_BY_FINDINGS, () -> b.prepareIncoming(request(options(OptionalInt.empty(), true))));
        assertThat(b.find(VM)).isEmpty();
        assertThat(lab.root().resolve("b/vm1")).doesNotExist();
    }

    @Test
    void migratesToDestinationAndBack() {
        migrate(MigrationOptions.defaults());
        Host first = a;
        a = b;
        b = first;
        migrate(MigrationOptions.defaults());
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
        assertThat(a.vms()).isEmpty();
    }

    @Test
    void rejectsIncomingVmThatRunsHere() {
        assertCode(ErrorCode.WRONG_VM_STATE, () -> a.prepareIncoming(request(MigrationOptions.defaults())));
        assertThat(a.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void keepsTheReceivingQemuOfAnotherMigration() {
        IncomingMigration in = b.prepareIncoming(request("m-1"));

        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> b.prepareIncoming(request("m-2")))
                .withMessage("Host b already receives VM vm1 in migration m-1")
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS));

        complete(in, send(in));
        in.accept();
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void sendsToOneDestinationAtATime() {
        Host c = lab.host("c");
        IncomingMigration in = b.prepareIncoming(request("m-1"));
        IncomingMigration second = c.prepareIncoming(request("m-2"));
        OutgoingMigration out = send(in);
        Lab.await("pre-switchover").until(() -> out.progress().phase() == MigrationPhase.PRE_SWITCHOVER);

        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> send("m-2", second))
                .withMessage("Host a already sends VM vm1 in migration m-1")
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.MIGRATION_IN_PROGRESS));
        assertThat(a.outgoing(VM).orElseThrow().migration()).contains(new MigrationId("m-1"));

        complete(in, out);
        assertCode(ErrorCode.MIGRATION_IN_PROGRESS, () -> send("m-2", second));
        second.abort();
        in.accept();
        out.finish();
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void doesNotUndoTheNextMigration() {
        IncomingMigration in = b.prepareIncoming(request("m-1"));
        OutgoingMigration out = send(in);
        Lab.await("pre-switchover").until(() -> out.progress().phase() == MigrationPhase.PRE_SWITCHOVER);
        out.cancel();
        Lab.await("cancel").until(() -> out.progress().phase() == MigrationPhase.CANCELLED);
        in.abort();
        IncomingMigration next = b.prepareIncoming(request("m-2"));
        OutgoingMigration sending = send("m-2", next);

        assertThat(out.progress().phase()).isEqualTo(MigrationPhase.FAILED);
        assertCode(ErrorCode.WRONG_VM_STATE, out::cancel);
        assertCode(ErrorCode.WRONG_VM_STATE, out::resumeOnSource);
        assertCode(ErrorCode.WRONG_VM_STATE, out::finish);
        in.abort();

        complete(next, sending);
        next.accept();
        sending.finish();
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
    }

    @Test
    void rejectsAcceptBeforeArrival() {
        IncomingMigration in = b.prepareIncoming(request(MigrationOptions.defaults()));
        assertCode(ErrorCode.WRONG_VM_STATE, in::accept);
        assertCode(ErrorCode.WRONG_VM_STATE, () -> b.start(VM, Map.of()));
        in.abort();
        assertThat(b.vms()).isEmpty();
    }

    @Test
    void keepsExistingDefinitionWhenAborted() {
        b.define(a.definition(VM));
        b.prepareIncoming(request(MigrationOptions.defaults())).abort();
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.SHUTOFF);
    }

    @Test
    void failsIfNoPortIsFree() throws IOException {
        try (ServerSocket taken = new ServerSocket()) {
            taken.bind(new InetSocketAddress("127.0.0.1", 0));
            Host c = lab.host("c", Map.of("migration-ports", Integer.toString(taken.getLocalPort())));
            assertCode(ErrorCode.HOST_UNAVAILABLE, () -> c.prepareIncoming(request(MigrationOptions.defaults())));
        }
    }

    private void migrate(MigrationOptions options) {
        IncomingMigration in = b.prepareIncoming(request(options));
        OutgoingMigration out =
                a.startOutgoing(new OutgoingRequest(new MigrationId("m-1"), VM, in.uri(), options, "", ""));
        complete(in, out);
        in.accept();
        out.finish();
    }

    private static MigrationOptions options(OptionalInt channels, boolean tls) {
        return new MigrationOptions(
                OptionalLong.of(1 << 30),
                Optional.of(Duration.ofMillis(300)),
                true,
                channels,
                false,
                tls,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private IncomingRequest request() {
        return request(MigrationOptions.defaults());
    }

    private IncomingRequest request(MigrationOptions options) {
        return new IncomingRequest(
                new MigrationId("m-1"), VM, a.liveDefinition(VM).orElseThrow(), a.definition(VM), options, Map.of());
    }

    private IncomingRequest request(String migration) {
        MigrationId id = new MigrationId(migration);
        return new IncomingRequest(
                id,
                VM,
                MigrationMark.set(a.liveDefinition(VM).orElseThrow(), id),
                a.definition(VM),
                MigrationOptions.defaults(),
                Map.of());
    }

    private OutgoingMigration send(IncomingMigration in) {
        return send("m-1", in);
    }

    private OutgoingMigration send(String migration, IncomingMigration in) {
        return a.startOutgoing(
                new OutgoingRequest(new MigrationId(migration), VM, in.uri(), MigrationOptions.defaults(), "", ""));
    }

    private void complete(IncomingMigration in, OutgoingMigration out) {
        Lab.await("pre-switchover").until(() -> out.progress().phase() == MigrationPhase.PRE_SWITCHOVER);
        out.continueToSwitch();
        Lab.await("end")
                .until(() ->
                        out.progress().phase() == MigrationPhase.COMPLETED && in.phase() == MigrationPhase.COMPLETED);
    }

    private void kill(String host) throws IOException {
        Path pid = lab.root().resolve(host).resolve("vm1/q/qemu.pid");
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
                .orElseThrow()
                .destroyForcibly();
    }

    private static void assertCode(ErrorCode code, Runnable call) {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(call::run)
                .satisfies(e -> assertThat(e.code()).isEqualTo(code));
    }
}
