// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.karaf.shell.support.table.ShellTable;
import org.understudy.api.Cooperation;
import org.understudy.api.Finding;
import org.understudy.api.Migration;
import org.understudy.api.NetworkGap;
import org.understudy.api.Nic;
import org.understudy.api.Pair;
import org.understudy.api.PrimaryKind;
import org.understudy.api.StepReport;
import org.understudy.api.Vm;
import org.understudy.api.VmInventory;

/** Prints VMs, migrations and findings as text. */
final class TextView {
    private TextView() {}

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String duration(Duration time) {
        double millis = time.toNanos() / 1e6;
        return millis < 10_000
                ? String.format(Locale.ROOT, "%.0f ms", millis)
                : String.format(Locale.ROOT, "%.1f s", millis / 1000);
    }

    private static String duration(Optional<Duration> time) {
        return time.map(TextView::duration).orElse("not measured");
    }

    static void findings(PrintStream out, List<Finding> findings) {
        for (Finding finding : findings) {
            out.printf("%-8s %s%n", finding.severity(), finding.message());
            out.printf(
                    "         %s; %s%s%n",
                    finding.subject(), finding.code().id(), finding.fixable() ? "; can be fixed automatically" : "");
            if (!finding.remedy().isEmpty()) {
                out.printf("         Remedy: %s%n", finding.remedy());
            }
        }
    }

    static void vms(PrintStream out, VmInventory inventory) {
        ShellTable table = new ShellTable();
        List.of("VM", "Host", "State", "Pairs").forEach(table::column);
        for (Vm vm : inventory.vms()) {
            String pairs = vm.pairs().stream().map(TextView::health).collect(Collectors.joining(", "));
            table.addRow().addContent(vm.name(), vm.host(), word(vm.state()), pairs);
        }
        table.emptyTableText(inventory.findings().isEmpty() ? "No VMs" : "No VMs on the hosts that answer")
                .print(out);
        findings(out, inventory.findings());
    }

    /** The health, with a label if the primary is emulated. */
    static String health(Pair pair) {
        return word(pair.health()) + (pair.kind() == PrimaryKind.EMULATED ? " (emulated)" : "");
    }

    static void vm(PrintStream out, Vm vm) {
        out.printf("%s  %s  on %s  %s%n", vm.name(), vm.uuid(), vm.host(), word(vm.state()));
        ShellTable table = new ShellTable();
        List.of("NIC", "Alias", "MAC", "Model", "Attached to", "Role").forEach(table::column);
        for (Nic nic : vm.nics()) {
            table.addRow()
                    .addContent(
                            nic.index(),
                            nic.alias().map(Object::toString).orElse(""),
                            nic.mac().map(Object::toString).orElse(""),
                            nic.model(),
                            nic.source(),
                            word(nic.role()));
        }
        table.emptyTableText("No NICs").print(out);
        vm.pairs().forEach(pair -> pair(out, pair));
    }

    private static void pair(PrintStream out, Pair pair) {
        out.printf(
                "Pair %s + %s  %s%s: %s%n",
                pair.standby(),
                pair.primary(),
                pair.mac(),
                pair.pool().map(pool -> "  pool " + pool).orElse(""),
                health(pair));
        out.println("  " + (pair.details().isEmpty() ? pair.health().cause() : pair.details()));
        out.println("  Next: " + pair.health().nextStep());
        pair.guest().ifPresent(guest -> guest(out, guest));
    }

    private static void guest(PrintStream out, Cooperation guest) {
        out.println("  Guest cooperates: "
                + guest.answer().map(yes -> yes ? "yes" : "no").orElse("unknown"));
        guest.signs()
                .forEach(sign -> out.printf(
                        "    %s  %s: %s%n", sign.at().truncatedTo(ChronoUnit.SECONDS), sign.source(), sign.says()));
    }

    static void migrations(PrintStream out, List<Migration> migrations) {
        ShellTable table = new ShellTable();
        List.of("Migration", "VM", "From", "To", "Primary", "Started", "Outcome", "Downtime", "Network gap")
                .forEach(table::column);
        for (Migration m : migrations) {
            table.addRow()
                    .addContent(
                            m.id(),
                            m.vm(),
                            m.source(),
                            m.destination(),
                            primaries(m),
                            m.started(),
                            m.outcome().map(TextView::word).orElse("running"),
                            m.downtime().map(TextView::duration).orElse(""),
                            shortGap(m.networkGap()));
        }
        table.emptyTableText("No migrations").print(out);
    }

    static void migration(PrintStream out, Migration m) {
        out.printf("%s  %s from %s to %s%n", m.id(), m.vm(), m.source(), m.destination());
        m.steps().forEach(step -> step(out, step));
        summary(out, m);
    }

    static void step(PrintStream out, StepReport step) {
        out.printf(
                "  %d %-24s %-8s %s%n",
                step.step().number(),
                step.step().title(),
                word(step.state()),
                step.duration().map(TextView::duration).orElse(""));
        step.facts().forEach((key, value) -> out.printf("      %s: %s%n", key, value));
    }

    static void summary(PrintStream out, Migration m) {
        findings(out, m.findings());
        if (!m.primaries().isEmpty()) {
            out.printf("Primary      %s%n", primaries(m));
        }
        out.printf("Outcome      %s%n", m.outcome().map(TextView::word).orElse("running"));
        out.printf("Downtime     %s%n", duration(m.downtime()));
        out.printf("On standby   %s%n", duration(m.onStandby()));
        out.printf("Network gap  %s%n", gap(m.networkGap()));
        if (m.networkGap() instanceof NetworkGap.Measured measured) {
            measured.paths()
                    .forEach(path -> out.printf(
                            "             %s path: %d packets, longest gap %s%n",
                            path.path(), path.received(), duration(path.longestGap())));
        }
    }

    private static String primaries(Migration m) {
        return m.primaries().stream().map(TextView::word).distinct().collect(Collectors.joining(", "));
    }

    private static String gap(NetworkGap gap) {
        if (gap instanceof NetworkGap.Measured m) {
            return "%s longest, %d of %d packets lost, %d duplicated, %d reordered (%s every %s)"
                    .formatted(
                            duration(m.longestGap()),
                            m.lost(),
                            m.sent(),
                            m.duplicated(),
                            m.reordered(),
                            m.method(),
                            duration(m.interval()));
        }
        return "not measured: " + ((NetworkGap.NotMeasured) gap).reason();
    }

    private static String shortGap(NetworkGap gap) {
        return gap instanceof NetworkGap.Measured m ? duration(m.longestGap()) : "not measured";
    }
}
