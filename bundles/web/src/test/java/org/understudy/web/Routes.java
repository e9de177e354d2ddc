// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.mockito.Mockito.mock;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import javax.servlet.http.HttpServlet;
import org.understudy.api.AccessTokens;
import org.understudy.api.BulkMigrations;
import org.understudy.api.Doctor;
import org.understudy.api.GuestChecks;
import org.understudy.api.History;
import org.understudy.api.Migrations;
import org.understudy.api.NicProvisioning;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Readiness;
import org.understudy.api.VirtualMachines;
import org.understudy.api.spi.PeerEndpoint;
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.StreamWatch;

/** The table with all servlets of this bundle, whose services do nothing. */
final class Routes {
    private final RouteTable table = new RouteTable();

    private Routes() {}

    static RouteTable ofAllServlets() throws IOException {
        EventHub events = Exchange.events();
        VirtualMachines vms = mock(VirtualMachines.class);
        Pairs pairs = mock(Pairs.class);
        Migrations migrations = mock(Migrations.class);
        Authenticator authenticator = mock(Authenticator.class);
        return new Routes()
                .with("", new PageServlet())
                .with("/login", new LoginServlet(authenticator))
                .with("/api", new ApiServlet())
                .with(
                        "/api/v1",
                        new ServerServlet(
                                Exchange.VIEW,
                                vms,
                                pairs,
                                mock(Doctor.class),
                                mock(Policies.class),
                                events,
                                Optional.empty()))
                .with(
                        "/api/v1/vms",
                        new VmServlet(Exchange.VIEW, vms, pairs, migrations, events, mock(GuestChecks.class)))
                .with("/api/v1/migrations", new MigrationServlet(Exchange.VIEW, migrations, events))
                .with("/api/v1/bulk-migrations", new BulkServlet(Exchange.VIEW, mock(BulkMigrations.class)))
                .with("/api/v1/readiness", new ReadinessServlet(Exchange.VIEW, mock(Readiness.class)))
                .with("/api/v1/provision", new ProvisionServlet(Exchange.VIEW, mock(NicProvisioning.class)))
                .with("/api/v1/events", new EventServlet(Exchange.VIEW, events, mock(StreamWatch.class)))
                .with("/api/v1/session", new SessionServlet(Exchange.VIEW, authenticator))
                .with("/api/v1/tokens", new TokenServlet(Exchange.VIEW, mock(AccessTokens.class)))
                .with("/api/v1/audit", new AuditServlet(Exchange.VIEW, mock(History.class), events))
                .with("/api/v1/history", new HistoryServlet(Exchange.VIEW, mock(History.class), events))
                .with("/api/v1/peer", new PeerServlet(Exchange.VIEW, mock(PeerEndpoint.class)))
                .table;
    }

    private Routes with(String path, HttpServlet servlet) {
        table.addServlet(servlet, Map.of(RouteTable.PATH, path));
        return this;
    }
}
