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
import org.understudy.api.PairChange;
import org.understudy.api.Pairs;
import org.understudy.api.Revised;
import org.understudy.api.Role;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.concurrent.testing.FakeTime;
import org.understudy.web.AuditTrail.Actor;
import org.understudy.web.AuditTrail.AuditObject;
import org.understudy.web.access.Caller;
import org.understudy.web.access.Caller.Password;
import org.understudy.web.access.Caller.SessionKey;
import org.understudy.web.access.Caller.TokenKey;

class AuditTrailTest {
    private static final Vm WEB1 =
            new Vm(new VmName("web1"), new UUID(0, 1), new HostName("alpha"), VmState.RUNNING, List.of(), List.of());

    private final List<AuditEntry> entries = new ArrayList<>();
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Pairs pairs = mock(Pairs.class);
    private final Migrations migrations = mock(Migrations.class);
    private final FakeTime time = new FakeTime();
    private final AuditTrail audit = new AuditTrail(time);
    private final RouteTable routes = new RouteTable();
    private DispatcherServlet dispatcher = new DispatcherServlet(audit);
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
                new VmServlet(value -> "{}", vms, pairs, migrations, Exchange.events(), mock(GuestChecks.class)));
        add("/api/v1/migrations", new MigrationServlet(value -> "{}", migrations, Exchange.events()));
    }

    private void add(String path, HttpServlet servlet) {
        routes.addServlet(servlet, Map.of(RouteTable.PATH, path));
    }

    private Exchange send(String method, String path, String body) throws IOException, ServletException {
        Exchange exchange = new Exchange(method, path, body);
        when(exchange.request.getServletPath()).thenReturn("");
        new Caller("chief", Set.of(Role.ADMIN), proof, "192.0.2.7").attach(exchange.request);
        routes.find(exchange.request).attach(exchange.request);
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
    void recordsNoDryRunButAChangeThatIgnoresTheFlag() throws Exception {
        when(vms.definition(any())).thenReturn("<domain/>");
        PairChange change = new PairChange(true, PairChange.Effect.AT_NEXT_START, List.of(), "<domain/>");
        when(pairs.planOn(any(), any(), any())).thenReturn(change);
        when(pairs.planOff(any(), any())).thenReturn(change);
        when(pairs.fix(any(), any())).thenReturn(change);

        send("POST", "/api/v1/vms/web1/pairs?dry-run", "");
        send("DELETE", "/api/v1/vms/web1/pairs/0?dry-run", "");
        send("POST", "/api/v1/vms/web1/fix?dry-run", "");
        send("POST", "/api/v1/migrations?dry-run", "{\"vm\":\"web1\",\"destination\":\"beta\"}");
        assertThat(entries).isEmpty();

        send("POST", "/api/v1/vms/web1/destroy?dry-run", "");
        assertThat(entries).extracting(AuditEntry::action).containsExactly(Action.POWER);
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

    private void refuse(String user) {
        audit.record(
                new Actor(user, Face.REST, Optional.empty()),
                Action.POWER,
                AuditObject.NONE,
                Optional.of(ErrorCode.ROLE_MISSING),
                "User '" + user + "' does not have the role 'operator'");
    }

    /** The history keeps a number of entries. */
    @Test
    void displacesNoEntriesByCallsThatTheRoleDoesNotPermit() throws Exception {
        for (int i = 0; i < 1000; i++) {
            refuse("eve");
        }
        refuse("sam");
        send("POST", "/api/v1/vms/web1/start", "");
        assertThat(entries).extracting(AuditEntry::user).hasSize(22).endsWith("eve", "sam", "chief");

        time.advance(RefusalLimit.PERIOD);
        refuse("eve");
        refuse("eve");

        assertThat(entries.subList(22, entries.size()))
                .extracting(AuditEntry::message)
                .containsExactly(
                        "User 'eve' does not have the role 'operator'; earlier refusals without an entry: 980",
                        "User 'eve' does not have the role 'operator'");
    }

    @Test
    void anAuditLogThatFailsStopsNoRequest() throws Exception {
        AuditTrail failing = new AuditTrail();
        failing.addLog(entry -> {
            throw new IllegalStateException("the disk is full");
        });
        dispatcher = new DispatcherServlet(failing);

        assertThat(send("POST", "/api/v1/vms/web1/start", "").status).isEqualTo(200);
    }
}
