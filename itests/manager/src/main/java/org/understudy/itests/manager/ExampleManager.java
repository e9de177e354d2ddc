// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.manager;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import javax.servlet.Servlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletPattern;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.NicProvisioning;
import org.understudy.api.NicProvisioning.Occasion;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs;
import org.understudy.api.Pairs.PairChanged;
import org.understudy.api.PoolName;
import org.understudy.api.Provisioned;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmName;

/**
 * {@code POST /manager/define?host=H&pool=P} with domain XML, {@code /manager/start?vm=V}, {@code
 * /manager/migrate?vm=V&host=H}; {@code GET /manager} lists the received events. Status 409 and findings for a refusal.
 */
@Component(service = Servlet.class)
@HttpWhiteboardServletPattern("/manager/*")
public final class ExampleManager extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private final transient NicProvisioning provisioning;
    private final transient VirtualMachines vms;
    private final transient Migrations migrations;
    private final transient List<String> events = new CopyOnWriteArrayList<>();
    private final transient List<Subscription> subscriptions;

    @Activate
    public ExampleManager(
            @Reference NicProvisioning provisioning,
            @Reference VirtualMachines vms,
            @Reference Pairs pairs,
            @Reference Migrations migrations) {
        this.provisioning = provisioning;
        this.vms = vms;
        this.migrations = migrations;
        this.subscriptions = List.of(pairs.listen(this::onPair), migrations.listen(this::onMigration));
    }

    @Deactivate
    public void close() {
        subscriptions.forEach(Subscription::close);
    }

    private void onPair(PairChanged change) {
        events.add("pair of " + change.vm() + " on " + change.host() + ": "
                + change.pair().health());
    }

    private void onMigration(Migration migration) {
        migration.outcome().ifPresent(outcome -> events.add("migration of " + migration.vm() + ": " + outcome));
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        answer(response, HttpServletResponse.SC_OK, String.join("\n", events));
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String body = new String(request.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            List<Finding> findings = handle(request, body);
            boolean refused = Finding.anyBlocking(findings);
            answer(response, refused ? HttpServletResponse.SC_CONFLICT : HttpServletResponse.SC_OK, text(findings));
        } catch (UnderstudyException e) {
            answer(response, e.code().httpStatus(), e.getMessage() + "\n" + text(e.findings()));
        }
    }

    private List<Finding> handle(HttpServletRequest request, String body) {
        Optional<HostName> host =
                Optional.ofNullable(request.getParameter("host")).map(HostName::new);
        Optional<VmName> vm = Optional.ofNullable(request.getParameter("vm")).map(VmName::new);
        switch (String.valueOf(request.getPathInfo())) {
            case "/define":
                return define(host.orElseThrow(), body, request.getParameter("pool"));
            case "/start":
                vms.start(vm.orElseThrow());
                return List.of();
            case "/migrate":
                return migrate(vm.orElseThrow(), host.orElseThrow());
            default:
                throw new IllegalArgumentException(request.getPathInfo());
        }
    }

    /** The VM of the request has a plain NIC; the defined VM has a pair. */
    private List<Finding> define(HostName host, String definition, String pool) {
        PairRequest request = new PairRequest(
                new NicSelector.Only(), Optional.of(new PoolName(pool)), Optional.empty(), Optional.empty(), Set.of());
        Provisioned answer = provisioning.before(Occasion.DEFINE, host, definition, List.of(request));
        if (!answer.refused()) {
            vms.define(host, answer.definition());
        }
        return answer.findings();
    }

    private List<Finding> migrate(VmName vm, HostName destination) {
        Provisioned answer = provisioning.before(Occasion.MIGRATE, destination, vms.definition(vm), List.of());
        if (!answer.refused()) {
            migrations.start(vm, destination, MigrationOptions.defaults());
        }
        return answer.findings();
    }

    private static String text(List<Finding> findings) {
        return findings.stream()
                .map(f -> f.severity() + " " + f.code().id() + ": " + f.message())
                .collect(Collectors.joining("\n"));
    }

    private static void answer(HttpServletResponse response, int status, String text) throws IOException {
        response.setStatus(status);
        response.setContentType("text/plain;charset=UTF-8");
        response.getWriter().println(text);
    }
}
