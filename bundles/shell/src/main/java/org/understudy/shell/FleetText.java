// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.karaf.shell.support.table.ShellTable;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigration.Entry;
import org.understudy.api.BulkMigration.State;
import org.understudy.api.Finding;
import org.understudy.api.FleetReadiness;
import org.understudy.api.HostView;
import org.understudy.api.VmReadiness;

/** Prints hosts, readiness and bulk migrations as text. */
final class FleetText {
    private FleetText() {}

    static void hosts(PrintStream out, List<HostView> hosts) {
        ShellTable table = new ShellTable();
        List.of("Host", "Connector", "Available", "Summary").forEach(table::column);
        hosts.forEach(host -> table.addRow()
                .addContent(host.name(), host.connector(), host.available() ? "yes" : "no", host.summary()));
        table.emptyTableText("No hosts").print(out);
        hosts.forEach(host -> TextView.findings(out, host.findings()));
    }

    static void readiness(PrintStream out, FleetReadiness fleet, boolean withVms) {
        out.printf("%d VMs can be migrated now, %d cannot.%n", fleet.ready(), fleet.blocked());
        ShellTable groups = new ShellTable();
        List.of("Finding", "Severity", "VMs", "Remedy for the first VM").forEach(groups::column);
        fleet.groups()
                .forEach(group -> groups.addRow()
                        .addContent(group.code().id(), TextView.word(group.severity()), group.vms(), group.remedy()));
        groups.emptyTableText("Nothing prevents a migration").print(out);
        if (withVms) {
            vms(out, fleet.vms());
        }
        TextView.findings(out, fleet.findings());
    }

    private static void vms(PrintStream out, List<VmReadiness> vms) {
        ShellTable table = new ShellTable();
        List.of("VM", "Host", "State", "Ready", "Destinations", "Best", "Findings")
                .forEach(table::column);
        for (VmReadiness vm : vms) {
            table.addRow()
                    .addContent(
                            vm.vm(),
                            vm.host(),
                            TextView.word(vm.state()),
                            vm.ready() ? "yes" : "no",
                            vm.destinations(),
                            vm.best().map(Object::toString).orElse(""),
                            vm.findings().stream().map(Finding::message).collect(Collectors.joining("; ")));
        }
        table.emptyTableText("No VMs").print(out);
    }

    static void bulks(PrintStream out, List<BulkMigration> all) {
        ShellTable table = new ShellTable();
        List.of("Bulk migration", "Requested", "Status", "VMs", "Waiting", "Running", "Ended", "Refused", "Cancelled")
                .forEach(table::column);
        for (BulkMigration bulk : all) {
            table.addRow()
                    .addContent(
                            bulk.id(),
                            bulk.created(),
                            bulk.isRunning() ? "running" : "ended",
                            bulk.entries().size(),
                            bulk.count(State.WAITING),
                            bulk.count(State.RUNNING),
                            bulk.count(State.ENDED),
                            bulk.count(State.REFUSED),
                            bulk.count(State.CANCELLED));
        }
        table.emptyTableText("No bulk migrations since the start of the server").print(out);
    }

    static void bulk(PrintStream out, BulkMigration bulk) {
        out.printf("%s  %d VMs, %s%n", bulk.id(), bulk.entries().size(), bulk.isRunning() ? "running" : "ended");
        bulk.entries().forEach(entry -> out.println("  " + line(entry)));
    }

    /** One line for a VM, such as {@code web1  alpha -> beta  running  40 %}. */
    static String line(Entry entry) {
        String to = entry.destination().map(host -> " -> " + host).orElse("");
        String state = entry.outcome().map(TextView::word).orElseGet(() -> TextView.word(entry.state()));
        String progress = entry.state() == State.RUNNING
                ? entry.progress().map(percent -> "  " + percent + " %").orElse("")
                : "";
        String id = entry.migration().map(m -> "  " + m).orElse("");
        String reason = entry.reason().isEmpty() ? "" : "  " + entry.reason();
        return "%s  %s%s  %s%s%s%s".formatted(entry.vm(), entry.source(), to, state, progress, id, reason);
    }
}
