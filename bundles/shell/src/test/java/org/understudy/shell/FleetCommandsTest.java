// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.AccessToken;
import org.understudy.api.AccessTokens;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigration.State;
import org.understudy.api.BulkMigrations;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.FleetReadiness;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.Outcome;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Readiness;
import org.understudy.api.Role;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmName;
import org.understudy.api.VmReadiness;
import org.understudy.api.VmState;

class FleetCommandsTest {
    private final Terminal terminal = new Terminal();
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Migrations migrations = mock(Migrations.class);
    private final BulkMigrations bulk = mock(BulkMigrations.class);

    @Test
    void printsWhatPreventsAMigrationInGroupsAndForEachVm() {
        Finding paused =
                Finding.of(FindingCode.VM_NOT_MIGRATABLE, "vm db1", "VM db1 is paused", "Resume the VM first.");
        Readiness readiness = mock(Readiness.class);
        when(readiness.evaluate(Optional.of(new HostName("alpha"))))
                .thenReturn(new FleetReadiness(
                        Instant.EPOCH,
                        1,
                        1,
                        List.of(new FleetReadiness.Group(
                                FindingCode.VM_NOT_MIGRATABLE, Severity.ERROR, 1, "Resume the VM first.")),
                        List.of(
                                readiness("web1", VmState.RUNNING, Optional.of("beta")),
                                readiness("db1", VmState.PAUSED, Optional.empty(), paused)),
                        List.of()));
        ReadinessCommand command = terminal.ready(new ReadinessCommand());
        command.readiness = readiness;
        command.host = "alpha";

        assertThat(command.execute()).isNull();

        assertThat(terminal.text())
                .contains("1 VMs can be migrated now, 1 cannot.", "vm-not-migratable", "Resume the VM first.")
                .containsPattern("web1 +. alpha +. running +. yes +. 1 +. beta")
                .containsPattern("db1 +. alpha +. paused +. no .*VM db1 is paused");
    }

    private static VmReadiness readiness(String name, VmState state, Optional<String> best, Finding... findings) {
        return new VmReadiness(
                new VmName(name),
                new UUID(0, 1),
                new HostName("alpha"),
                state,
                findings.length == 0,
                best.isPresent() ? 1 : 0,
                best.map(HostName::new),
                List.of(findings));
    }

    @Test
    void listsHostsWithTheirFindings() {
        Finding closed = Finding.of(FindingCode.HOST_UNAVAILABLE, "host beta", "Host beta is not open", "Check it.");
        when(vms.hosts()).thenReturn(List.of(new HostView(new HostName("beta"), "qemu", false, "", List.of(closed))));
        HostList list = terminal.ready(new HostList());
        list.vms = vms;

        assertThat(list.execute()).isNull();
        assertThat(terminal.text()).contains("beta", "qemu", "no", "Host beta is not open", "Remedy: Check it.");
    }

    private <C extends DestructiveCommand> C destructive(C command) throws IOException {
        terminal.ready(command).vm = "web1";
        command.vms = vms;
        when(vms.show(any())).thenReturn(Samples.vm(PrimaryKind.VF));
        doThrow(new UnsupportedOperationException()).when(terminal.session).readLine(anyString(), any());
        return command;
    }

    @Test
    void destroysResetsAndUndefinesOnlyAfterAYes() throws IOException {
        for (DestructiveCommand command : List.of(new VmDestroy(), new VmReset(), new VmUndefine())) {
            assertThat(destructive(command).execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
        }
        assertThat(terminal.text())
                .contains("Option --yes is missing: VM web1 is running on host alpha: vm-destroy forces it off");
        verify(vms, never()).destroy(any());
        verify(vms, never()).reset(any());
        verify(vms, never()).undefine(any());

        for (DestructiveCommand command : List.of(new VmDestroy(), new VmReset(), new VmUndefine())) {
            destructive(command).trailing = List.of("--yes");
            assertThat(command.execute()).isNull();
        }
        verify(vms).destroy(new VmName("web1"));
        verify(vms).reset(new VmName("web1"));
        verify(vms).undefine(new VmName("web1"));
    }

    @Test
    void asksOnATerminal() throws IOException {
        VmReset reset = destructive(new VmReset());
        doReturn("yes").when(terminal.session).readLine(eq("Reset the VM? (yes/no) "), any());

        assertThat(reset.execute()).isNull();

        verify(vms).reset(new VmName("web1"));
    }

    @Test
    void pausesAVm() {
        when(vms.show(any())).thenReturn(Samples.vm(PrimaryKind.VF));
        VmPause pause = terminal.ready(new VmPause());
        pause.vm = "web1";
        pause.vms = vms;

        assertThat(pause.execute()).isNull();
        verify(vms).pause(new VmName("web1"));
    }

    @Test
    void reportsAMissingArgumentAsAnInvalidCall() {
        Migrate migrate = terminal.ready(new Migrate());
        migrate.migrations = migrations;
        migrate.vm = "web1";
        when(migrations.listen(any())).thenReturn(() -> {});
        MigrationShow show = terminal.ready(new MigrationShow());
        MigrateBulk many = terminal.ready(new MigrateBulk());

        for (UnderstudyCommand command : List.of(migrate, show, many, terminal.ready(new VmShow()))) {
            assertThat(command.execute()).isEqualTo(2);
        }
        assertThat(terminal.text())
                .contains("'host' is missing", "'migration' is missing", "'vms' is missing", "'vm' is missing");
    }

    @Test
    void followsARunningMigrationToItsEnd() {
        when(migrations.listen(any())).thenAnswer(call -> {
            Consumer<Migration> listener = call.getArgument(0);
            listener.accept(Samples.migration("m-1", 5));
            listener.accept(Samples.ended(Samples.migration("m-1", 6), Outcome.NEEDS_ATTENTION));
            return (Subscription) () -> {};
        });
        when(migrations.show(new MigrationId("m-1"))).thenReturn(Samples.migration("m-1", 3));
        MigrationShow show = terminal.ready(new MigrationShow());
        show.migrations = migrations;
        show.id = "m-1";
        show.trailing = List.of("--follow");

        assertThat(show.execute()).isEqualTo(Outcome.NEEDS_ATTENTION.exitCode());

        assertThat(terminal.text())
                .containsSubsequence("m-1  web1 from alpha to beta", "4 Copy memory", "100 %", "Outcome      needs");
    }

    @Test
    void anInterruptLeavesTheMigrationRunning() {
        when(migrations.listen(any())).thenReturn(() -> {});
        when(migrations.show(any())).thenReturn(Samples.migration("m-1", 3));
        MigrationShow show = terminal.ready(new MigrationShow());
        show.migrations = migrations;
        show.id = "m-1";
        show.follow = true;
        Thread.currentThread().interrupt();

        assertThat(show.execute()).isEqualTo(ErrorCode.CANCELLED.exitCode());

        assertThat(terminal.text()).contains("m-1 continues without this command");
        verify(migrations, never()).cancel(any());
    }

    @Test
    void listsTheMigrationsOfOneVmAndThoseThatRun() {
        when(migrations.list()).thenReturn(List.of(Samples.migration("m-2", 3), Samples.migration("m-1", 7)));
        MigrationList list = terminal.ready(new MigrationList());
        list.migrations = migrations;
        list.running = true;
        list.execute();
        assertThat(terminal.text()).contains("m-2").doesNotContain("m-1");

        list.vm = "db1";
        list.execute();
        assertThat(terminal.text()).contains("No migrations");
    }

    private static BulkMigration bulk(long revision, State state, Optional<Outcome> outcome) {
        return new BulkMigration(
                "b-1",
                revision,
                Instant.EPOCH,
                state == State.RUNNING ? Optional.empty() : Optional.of(Instant.EPOCH),
                List.of(new BulkMigration.Entry(
                        new VmName("web1"),
                        new UUID(0, 1),
                        new HostName("alpha"),
                        Optional.of(new HostName("beta")),
                        state,
                        Optional.of(new MigrationId("m-1")),
                        Optional.of(40),
                        outcome,
                        "")));
    }

    @Test
    void migratesSeveralVmsAndPrintsEachChange() {
        when(bulk.listen(any())).thenAnswer(call -> {
            Consumer<BulkMigration> listener = call.getArgument(0);
            listener.accept(bulk(2, State.ENDED, Optional.of(Outcome.COMPLETED)));
            return (Subscription) () -> {};
        });
        when(bulk.start(any(), any(), any())).thenReturn(bulk(1, State.RUNNING, Optional.empty()));
        MigrateBulk command = terminal.ready(new MigrateBulk());
        command.bulk = bulk;
        command.names = List.of("web1", "--to", "beta", "db1", "--tls");

        assertThat(command.execute()).isNull();

        verify(bulk)
                .start(
                        List.of(new VmName("web1"), new VmName("db1")),
                        Optional.of(new HostName("beta")),
                        command.options(Optional.empty()));
        assertThat(command.options(Optional.empty())).isNotEqualTo(MigrationOptions.defaults());
        assertThat(terminal.text())
                .containsSubsequence("web1  alpha -> beta  running  40 %  m-1", "web1  alpha -> beta  completed  m-1");
    }

    @ParameterizedTest
    @CsvSource({
        "ENDED,COMPLETED,0",
        "ENDED,COMPLETED_DEGRADED,10",
        "ENDED,FAILED_ON_SOURCE,11",
        "REFUSED,,4",
        "CANCELLED,,6"
    })
    void exitsWithTheStatusOfTheWorstOutcome(State state, Outcome outcome, int status) {
        when(bulk.listen(any())).thenReturn(() -> {});
        when(bulk.show("b-1")).thenReturn(bulk(1, state, Optional.ofNullable(outcome)));
        BulkShow show = terminal.ready(new BulkShow());
        show.bulk = bulk;
        show.id = "b-1";
        show.follow = true;

        Object answer = show.execute();

        assertThat(answer == null ? 0 : answer).isEqualTo(status);
    }

    @Test
    void cancelsOneVmOrAllOfABulkMigration() {
        when(bulk.cancel(any())).thenReturn(bulk(1, State.RUNNING, Optional.empty()));
        when(bulk.cancel(any(), any())).thenReturn(bulk(1, State.RUNNING, Optional.empty()));
        BulkCancel cancel = terminal.ready(new BulkCancel());
        cancel.bulk = bulk;
        cancel.id = "b-1";
        cancel.execute();
        verify(bulk).cancel("b-1");

        cancel.trailing = List.of("--vm", "web1");
        assertThat(cancel.execute()).isNull();
        verify(bulk).cancel("b-1", new VmName("web1"));
    }

    @Test
    void createsListsAndRevokesTokens() throws IOException {
        AccessTokens tokens = mock(AccessTokens.class);
        AccessToken token =
                new AccessToken("t-1", "backup", "eve", Role.OPERATOR, Instant.EPOCH, Instant.EPOCH, Optional.empty());
        when(tokens.list()).thenReturn(List.of(token));
        when(tokens.create(any(), eq("backup"), eq(Role.OPERATOR), eq(Duration.ofDays(7))))
                .thenReturn(new AccessTokens.Created(token, "understudy_secret"));
        TokenCreate create = terminal.ready(new TokenCreate());
        create.tokens = tokens;
        create.name = "backup";
        create.trailing = List.of("--role", "operator", "--days", "7");
        assertThat(create.execute()).isNull();
        assertThat(terminal.text()).contains("backup", "operator", "never", "understudy_secret");
        assertThat(create.note()).doesNotContain("secret");

        TokenList list = terminal.ready(new TokenList());
        list.tokens = tokens;
        assertThat(list.execute()).isNull();

        TokenRevoke revoke = terminal.ready(new TokenRevoke());
        revoke.tokens = tokens;
        revoke.id = "t-1";
        when(terminal.session.readLine(anyString(), any())).thenThrow(new UnsupportedOperationException());
        assertThat(revoke.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
        verify(tokens, never()).revoke(any());
        revoke.yes = true;
        assertThat(revoke.execute()).isNull();
        verify(tokens).revoke("t-1");
    }
}
