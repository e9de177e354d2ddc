// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

/** {@code /migrations}: starts, shows and cancels migrations. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/migrations")
public final class MigrationServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    /** Of one length, so that texts are in the order of time. */
    private static final DateTimeFormatter SORTABLE =
            new DateTimeFormatterBuilder().appendInstant(9).toFormatter(Locale.ROOT);

    private final transient JsonView view;
    private final transient Migrations migrations;
    private final transient EventHub events;

    @Activate
    public MigrationServlet(@Reference JsonView view, @Reference Migrations migrations, @Reference EventHub events) {
        super(view);
        this.view = view;
        this.migrations = migrations;
        this.events = events;
    }

    @Override
    List<Route> routes() {
        return List.of(
                Route.get("", Action.VIEW, this::list),
                Route.post("", Action.MIGRATE, this::start).taking("dry-run"),
                Route.get("/{id}", Action.VIEW, request -> RestResponse.ok(view.write(migrations.show(id(request))))),
                Route.delete("/{id}", Action.CANCEL, this::cancel));
    }

    private static MigrationId id(RestRequest request) {
        return new MigrationId(request.part("id"));
    }

    private RestResponse list(RestRequest request) {
        String id = events.lastId();
        return new Listing<Migration>(view, migration -> migration.id().value())
                .filter("vm", (migration, vm) -> migration.isOf(VmOnHost.parse(vm)))
                .filter(
                        "host",
                        (migration, host) -> migration.source().value().equals(host)
                                || migration.destination().value().equals(host))
                .filter("outcome", (migration, outcome) -> outcome(migration).equals(outcome))
                .filter(
                        "running",
                        (migration, running) ->
                                String.valueOf(migration.isRunning()).equals(running))
                .filter(
                        "q",
                        (migration, text) -> Stream.of(
                                        migration.id().value(),
                                        migration.vm().value(),
                                        migration.source().value(),
                                        migration.destination().value())
                                .anyMatch(value -> Listing.contains(value, text)))
                .sort("-started", migration -> SORTABLE.format(migration.started()))
                .sort("vm", migration -> migration.vm().value())
                .sort("source", migration -> migration.source().value())
                .sort("destination", migration -> migration.destination().value())
                .sort("outcome", MigrationServlet::outcome)
                .answer(request, migrations.list())
                .with(EventHub.ID_HEADER, id);
    }

    private static String outcome(Migration migration) {
        return migration.outcome().map(EnumParser::word).orElse("");
    }

    /** Refused at once by an error of the preflight, which the migration repeats when it has locked the VM. */
    private RestResponse start(RestRequest request) {
        JsonFields body = request.json(MigrationOptionFields.and("vm", "destination"));
        VmAddress vm = VmOnHost.parse(body.requiredText("vm"));
        HostName destination = new HostName(body.requiredText("destination"));
        AuditTrail.concerns(request.request(), vm);
        AuditTrail.note(request.request(), "to host " + destination);
        MigrationOptions options = MigrationOptionFields.read(body);
        boolean dryRun = request.flag("dry-run");
        // Otherwise start() refuses it, with the reason.
        boolean isMigrating =
                migrations.list().stream().anyMatch(migration -> migration.isRunning() && migration.isOf(vm));
        if (dryRun || !isMigrating) {
            List<Finding> findings = migrations.preflight(vm, destination, options);
            if (dryRun) {
                AuditTrail.dryRun(request.request());
                return RestResponse.ok(view.write(findings));
            }
            if (Finding.anyBlocking(findings)) {
                throw new UnderstudyException("VM " + vm + " cannot be migrated to host " + destination, findings);
            }
        }
        Migration started = migrations.start(vm, destination, options);
        return RestResponse.json(HttpServletResponse.SC_CREATED, view.write(started))
                .with("Location", RestServlet.ROOT + "/migrations/" + started.id());
    }

    private RestResponse cancel(RestRequest request) {
        Migration migration = migrations.show(id(request));
        if (!migration.isRunning()) {
            throw new UnderstudyException(
                    ErrorCode.MIGRATION_ENDED,
                    "Migration " + migration.id() + " has ended with the outcome " + outcome(migration));
        }
        return RestResponse.json(HttpServletResponse.SC_ACCEPTED, view.write(migrations.cancel(migration.id())));
    }
}
