// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServlet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditEntry.Face;
import org.understudy.api.AuditEntry.Result;
import org.understudy.api.ErrorCode;
import org.understudy.api.GuestChecks;
import org.understudy.api.HostName;
import org.understudy.api.Inventory;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.Migrations;
import org.understudy.api.Pairs;
import org.understudy.api.Revised;
import org.understudy.api.Role;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.web.access.Caller;
import org.understudy.web.access.Caller.Password;
import org.understudy.web.access.Caller.SessionKey;
import org.understudy.web.access.Caller.TokenKey;

class AuditTrailTest {
    private static final Vm WEB1 =
            new Vm(new VmName("web1"), new UUID(0, 1), new HostName("alpha"), VmState.RUNNING, List.of(), List.of());

    private final List<AuditEntry> entries = new ArrayList<>();
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Migrations migrations = mock(Migrations.class);
    private final AuditTrail audit = new AuditTrail();
    private final DispatcherServlet dispatcher = new DispatcherServlet(audit);
    private Caller.Proof proof = new Password();

    @BeforeEach
    void start() {
        Inventory inventory = mock(Inventory.class);
        InventorySnapshot snapshot = mock(InventorySnapshot.class);
        when(inventory.snapshot()).thenReturn(snapshot);
        when(snapshot.find(any())).thenReturn(List.of(new Revised<>(1, WEB1)));
        when(vms.show(any())).thenReturn(WEB1);
        audit.addLog(entries::add);
        audit.addInventory(inventory);
        add(
                "/api/v1/vms",
                new VmServlet(
                        value -> "{}", vms, mock(Pairs.class), migrations, Exchange.events(), mock(GuestChecks.class)));
        add("/api/v1/migrations", new MigrationServlet(value -> "{}", migrations, Exchange.events()));
    }

    private void add(String path, HttpServlet servlet) {
        dispatcher.addDelegate(servlet, Map.of(DispatcherServlet.PATH, path));
    }

    private Exchange send(String method, String path, String body) throws IOException, ServletException {
        Exchange exchange = new Exchange(method, path, body);
        when(exchange.request.getServletPath()).thenReturn("");
        new Caller("chief", Set.of(Role.ADMIN), proof, "192.0.2.7").attach(exchange.request);
        return exchange.through(dispatcher);
    }

    @Test
    void recordsWhoDidWhatToWhichVmFromWhere() throws Exception {
        send("POST", "/api/v1/vms/web1/start", "");

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.user()).isEqualTo("chief");
            assertThat(entry.face()).isEqualTo(Face.REST);
            assertThat(entry.remoteAddress()).hasValue("192.0.2.7");
            assertThat(entry.action()).isEqualTo(Action.POWER);
            assertThat(entry.object()).isEqualTo("web1");
            assertThat(entry.uuid()).hasValue(new UUID(0, 1));
            assertThat(entry.host()).hasValue(new HostName("alpha"));
            assertThat(entry.result()).isEqualTo(Result.ACCEPTED);
            assertThat(entry.error()).isEmpty();
        });
    }

    @Test
    void recordsARefusalWithItsReason() throws Exception {
        doThrow(new UnderstudyException(ErrorCode.WRONG_VM_STATE, "VM web1 is running"))
                .when(vms)
                .undefine(any());

        send("DELETE", "/api/v1/vms/web1", "");

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(Action.UNDEFINE);
            assertThat(entry.result()).isEqualTo(Result.REFUSED);
            assertThat(entry.error()).hasValue(ErrorCode.WRONG_VM_STATE);
            assertThat(entry.message()).isEqualTo("VM web1 is running");
        });
    }

    @Test
    void recordsTheVmAndTheDestinationOfAMigration() throws Exception {
        when(migrations.start(any(), any(), any())).thenReturn(Things.migration("m-1", 1, 1, Optional.empty()));
        send("POST", "/api/v1/migrations", "{\"vm\":\"web1\",\"destination\":\"beta\"}");

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(Action.MIGRATE);
            assertThat(entry.object()).isEqualTo("web1");
            assertThat(entry.uuid()).hasValue(new UUID(0, 1));
            assertThat(entry.message()).isEqualTo("to host beta");
        });
    }

    @Test
    void recordsTheVmOfADefinitionButNotTheDefinition() throws Exception {
        send(
                "POST",
                "/api/v1/vms?host=beta",
                "<domain><name>db1</name><uuid>00000000-0000-0000-0000-000000000007</uuid>"
                        + "<devices><graphics passwd='secret'/></devices></domain>");

        assertThat(entries).singleElement().satisfies(entry -> {
            assertThat(entry.action()).isEqualTo(Action.DEFINE);
            assertThat(entry.object()).isEqualTo("db1");
            assertThat(entry.uuid()).hasValue(new UUID(0, 7));
            assertThat(entry.host()).hasValue(new HostName("beta"));
            assertThat(entry.toString()).doesNotContain("secret");
        });
    }

    @Test
    void recordsNoRequestThatOnlyReads() throws Exception {
        send("GET", "/api/v1/vms/web1", "");

        assertThat(entries).isEmpty();
    }

    @Test
    void namesTheConsoleAndTheToken() throws Exception {
        proof = new SessionKey("abc");
        send("POST", "/api/v1/vms/web1/start", "");
        proof = new TokenKey("1", "backup");
        send("POST", "/api/v1/vms/web1/start", "");

        assertThat(entries).extracting(AuditEntry::face).containsExactly(Face.CONSOLE, Face.REST);
        assertThat(entries).extracting(AuditEntry::user).containsExactly("chief", "chief (token backup)");
    }

    @Test
    void anAuditLogThatFailsStopsNoRequest() throws Exception {
        AuditTrail failing = new AuditTrail();
        failing.addLog(entry -> {
            throw new IllegalStateException("the disk is full");
        });
        DispatcherServlet other = new DispatcherServlet(failing);
        other.addDelegate(
                new VmServlet(
                        value -> "{}", vms, mock(Pairs.class), migrations, Exchange.events(), mock(GuestChecks.class)),
                Map.of(DispatcherServlet.PATH, "/api/v1/vms"));
        Exchange exchange = new Exchange("POST", "/api/v1/vms/web1/start", "");
        when(exchange.request.getServletPath()).thenReturn("");
        new Caller("chief", Set.of(Role.ADMIN), proof, "192.0.2.7").attach(exchange.request);

        assertThat(exchange.through(other).status).isEqualTo(200);
    }
}
