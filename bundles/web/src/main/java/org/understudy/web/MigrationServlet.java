// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Migrations;
import org.understudy.api.ProbeTarget;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

/** {@code /migrations}: starts, shows and cancels migrations. */
@Component(service = HttpServlet.class, property = DispatcherServlet.PATH + "=/api/v1/migrations")
public final class MigrationServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient Migrations migrations;

    @Activate
    public MigrationServlet(@Reference JsonView view, @Reference Migrations migrations) {
        super(view);
        this.view = view;
        this.migrations = migrations;
    }

    @Override
    RestResponse answer(String method, RestRequest restRequest) {
        return switch (method + " " + restRequest.path().size()) {
            case "GET 0" -> RestResponse.ok(view.write(migrations.list()));
            case "POST 0" -> accepted(start(restRequest));
            case "GET 1" -> RestResponse.ok(view.write(migrations.show(new MigrationId(restRequest.part(0)))));
            case "DELETE 1" -> accepted(migrations.cancel(new MigrationId(restRequest.part(0))));
            default -> throw unknown(method, restRequest);
        };
    }

    private RestResponse accepted(Object migration) {
        return RestResponse.json(HttpServletResponse.SC_ACCEPTED, view.write(migration));
    }

    private Object start(RestRequest restRequest) {
        JsonFields body = restRequest.json(
                "vm",
                "destination",
                "bandwidth",
                "downtimeLimitMs",
                "autoConverge",
                "multifdChannels",
                "postcopy",
                "tls",
                "requireVf",
                "strategy",
                "probe");
        VmAddress vm = VmOnHost.parse(body.requiredText("vm"));
        HostName destination = new HostName(body.requiredText("destination"));
        AuditTrail.concerns(restRequest.request(), vm);
        AuditTrail.note(restRequest.request(), "to host " + destination);
        return migrations.start(vm, destination, options(body));
    }

    private static MigrationOptions options(JsonFields body) {
        return new MigrationOptions(
                body.number("bandwidth").map(OptionalLong::of).orElse(OptionalLong.empty()),
                body.number("downtimeLimitMs").map(Duration::ofMillis),
                body.flag("autoConverge").orElse(false),
                body.number("multifdChannels")
                        .map(count -> OptionalInt.of((int) Math.min(count, Integer.MAX_VALUE)))
                        .orElse(OptionalInt.empty()),
                body.flag("postcopy").orElse(false),
                body.flag("tls").orElse(false),
                body.flag("requireVf"),
                body.text("strategy").map(MigrationStrategy::parse),
                body.text("probe").map(ProbeTarget::parse));
    }
}
