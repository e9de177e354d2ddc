// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.security.PrivilegedAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.security.auth.Subject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditEntry.Face;
import org.understudy.api.AuditEntry.Result;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Inventory;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.Migrations;
import org.understudy.api.Revised;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;

class CommandAuditTest {
    private static final Vm WEB1 =
            new Vm(new VmName("web1"), new UUID(0, 1), new HostName("alpha"), VmState.RUNNING, List.of(), List.of());

    private final Terminal terminal = new Terminal();
    private final List<AuditEntry> entries = new ArrayList<>();
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Inventory inventory = mock(Inventory.class);

    /** Has the name of Karaf's class. */
    private record UserPrincipal(String name) implements Principal {
        @Override
        public String getName() {
            return name;
        }
    }

    /** Has the name of Karaf's class. */
    private record ClientPrincipal(String name) implements Principal {
        @Override
        public String getName() {
            return name;
        }
    }

    private <C extends UnderstudyCommand> C ready(C command) {
        InventorySnapshot snapshot = mock(InventorySnapshot.class);
        when(inventory.snapshot()).thenReturn(snapshot);
        when(snapshot.find(any())).thenReturn(List.of(new Revised<>(1, WEB1)));
        command.auditLogs = List.of(entries::add);
        command.inventories = List.of(inventory);
        return terminal.ready(command);
    }

    private VmDestroy destroy() {
        VmDestroy command = ready(new VmDestroy());
        command.vm = "web1";
        command.yes = true;
        command.vms = vms;
        when(vms.show(any())).thenReturn(WEB1);
        return command;
    }

    @SuppressWarnings("removal")
    private static void runAs(String user, String client, UnderstudyCommand command) {
        Subject subject =
                new Subject(true, Set.of(new UserPrincipal(user), new ClientPrincipal(client)), Set.of(), Set.of());
        Subject.doAs(subject, (PrivilegedAction<Object>) command::execute);
    }

    @Test
    void recordsWhoDidWhatToWhichVmFromWhere() {
        runAs("chief", "ssh(/192.0.2.7:40000)", destroy());

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.user()).isEqualTo("chief");
            assertThat(entry.face()).isEqualTo(Face.SHELL);
            assertThat(entry.remoteAddress()).hasValue("192.0.2.7");
            assertThat(entry.action()).isEqualTo(Action.POWER);
            assertThat(entry.object()).isEqualTo("web1");
            assertThat(entry.uuid()).hasValue(new UUID(0, 1));
            assertThat(entry.host()).hasValue(new HostName("alpha"));
            assertThat(entry.result()).isEqualTo(Result.ACCEPTED);
        });
    }

    @Test
    void recordsTheVmThatADefinitionHasMade(@TempDir Path folder) throws IOException {
        VmDefine command = ready(new VmDefine());
        command.file = Files.writeString(folder.resolve("web1.xml"), "<domain><name>web1</name></domain>")
                .toString();
        command.host = "alpha";
        command.vms = vms;
        when(vms.show(new VmOnHost(new HostName("alpha"), "web1"))).thenReturn(WEB1);

        command.execute();

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(Action.DEFINE);
            assertThat(entry.object()).isEqualTo("web1");
            assertThat(entry.uuid()).hasValue(new UUID(0, 1));
            assertThat(entry.host()).hasValue(new HostName("alpha"));
        });
    }

    @Test
    void acceptsADefinitionWhoseVmCannotBeShown(@TempDir Path folder) throws IOException {
        VmDefine command = ready(new VmDefine());
        command.file = Files.writeString(folder.resolve("web1.xml"), "<domain><name>web1</name></domain>")
                .toString();
        command.host = "alpha";
        command.vms = vms;
        when(vms.show(any()))
                .thenThrow(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Host alpha does not answer"));

        command.execute();

        assertThat(entries)
                .singleElement()
                .satisfies(entry -> assertThat(entry.result()).isEqualTo(Result.ACCEPTED));
    }

    @Test
    void recordsAFailureWithItsReason() {
        doThrow(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Host alpha does not answer"))
                .when(vms)
                .destroy(any());

        runAs("chief", "ssh(/0:0:0:0:0:0:0:1:40000)", destroy());

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.remoteAddress()).hasValue("0:0:0:0:0:0:0:1");
            assertThat(entry.result()).isEqualTo(Result.FAILED);
            assertThat(entry.error()).hasValue(ErrorCode.HOST_UNAVAILABLE);
            assertThat(entry.message()).isEqualTo("Host alpha does not answer");
        });
    }

    @Test
    void recordsNoCommandThatOnlyReads() {
        MigrationList list = ready(new MigrationList());
        list.migrations = mock(Migrations.class);

        list.execute();

        assertThat(entries).isEmpty();
    }

    @Test
    void recordsThatAFileOfTheServerWasRead() {
        Lint lint = ready(new Lint());
        lint.file = "/etc/passwd";

        lint.execute();

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(Action.READ_FILE);
            assertThat(entry.object()).isEqualTo("/etc/passwd");
        });
    }

    @Test
    void anAuditLogThatFailsStopsNoCommand() {
        VmDestroy command = destroy();
        command.auditLogs = List.of(
                entry -> {
                    throw new IllegalStateException("the disk is full");
                },
                entries::add);

        assertThat(command.execute()).isNull();

        assertThat(entries).hasSize(1);
        assertThat(ShellUser.of(Optional.empty())).isEqualTo(new ShellUser("unknown", Optional.empty()));
    }
}
