// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import javax.servlet.Servlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.HostView;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.PairHealth;
import org.understudy.api.Policies;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmState;

/**
 * The tab of Felix's web console: the state of the fleet in figures, each with a link to its page. The web console finds the
 * servlet by its label, checks the login, and writes the page around it; without a web console nothing calls it.
 */
@Component(
        service = Servlet.class,
        property = {"felix.webconsole.label=understudy", "felix.webconsole.title=Understudy"})
public final class WebConsoleTab extends HttpServlet {
    private static final long serialVersionUID = 1L;

    private final transient VirtualMachines vms;
    private final transient Migrations migrations;
    private final transient Policies policies;

    @Activate
    public WebConsoleTab(
            @Reference VirtualMachines vms, @Reference Migrations migrations, @Reference Policies policies) {
        this.vms = vms;
        this.migrations = migrations;
        this.policies = policies;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        List<HostView> hosts = vms.hosts();
        List<Vm> all = vms.list().vms();
        List<PairHealth> pairs = all.stream()
                .flatMap(vm -> vm.pairs().stream())
                .map(pair -> pair.health())
                .toList();
        long unavailable = hosts.stream().filter(host -> !host.available()).count();
        long running = all.stream().filter(vm -> vm.state() == VmState.RUNNING).count();
        long active =
                pairs.stream().filter(health -> health == PairHealth.ACTIVE).count();
        long faults =
                pairs.stream().filter(health -> health == PairHealth.FAULT).count();
        long moving = migrations.list().stream().filter(Migration::isRunning).count();
        PrintWriter page = response.getWriter();
        page.println("<p class=\"statline\">Understudy: live migration of VMs with SR-IOV failover pairs."
                + " <a href=\"/understudy/\">Open the console</a></p>");
        page.println("<table class=\"nicetable ui-widget\"><tbody class=\"ui-widget-content\">");
        row(page, "vms", "VMs", all.size() + ", " + running + " running");
        row(page, "vms?health=fault", "Pairs", pairs.size() + ", " + active + " active, " + faults + " with a fault");
        row(page, "hosts", "Hosts", hosts.size() + ", " + unavailable + " unavailable");
        row(page, "migrations", "Running migrations", String.valueOf(moving));
        row(
                page,
                "configuration",
                "Findings of the configuration",
                String.valueOf(policies.findings().size()));
        page.println("</tbody></table>");
    }

    private static void row(PrintWriter page, String path, String name, String figures) {
        page.printf(
                "<tr><th scope=\"row\"><a href=\"/understudy/%s\">%s</a></th><td>%s</td></tr>%n", path, name, figures);
    }
}
