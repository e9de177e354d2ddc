// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.List;
import org.apache.karaf.shell.support.table.ShellTable;
import org.understudy.api.ErrorCode;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.PastFinding;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

/** Prints migrations and findings of the past as text. */
final class HistoryText {
    private HistoryText() {}

    /** {@return the only one of these} */
    static History history(List<History> histories) {
        return histories.stream()
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HISTORY_UNAVAILABLE, "The bundle org.understudy.history does not run"));
    }

    static void entries(PrintStream out, List<HistoryEntry> entries) {
        ShellTable table = new ShellTable();
        List.of("Entry", "Time", "Kind", "VM", "Host", "Outcome", "What").forEach(table::column);
        for (HistoryEntry entry : entries) {
            entry.migration()
                    .ifPresent(migration -> table.addRow()
                            .addContent(
                                    entry.id(),
                                    entry.time(),
                                    TextView.word(entry.kind()),
                                    migration.vm(),
                                    migration.source(),
                                    outcome(migration),
                                    "to host " + migration.destination()));
            entry.finding()
                    .ifPresent(finding -> table.addRow()
                            .addContent(
                                    entry.id(),
                                    entry.time(),
                                    TextView.word(entry.kind()),
                                    finding.vm().map(VmName::value).orElse(""),
                                    finding.host().map(HostName::value).orElse(""),
                                    finding.ended().isPresent() ? "ended" : "open",
                                    finding.message()));
        }
        table.emptyTableText("No entries").print(out);
    }

    private static String outcome(Migration migration) {
        return migration.outcome().map(TextView::word).orElse("running");
    }

    static void entry(PrintStream out, HistoryEntry entry) {
        entry.migration().ifPresent(migration -> TextView.migration(out, migration));
        entry.finding().ifPresent(finding -> finding(out, finding));
    }

    private static void finding(PrintStream out, PastFinding finding) {
        out.printf("%-8s %s%n", finding.severity(), finding.message());
        out.printf("         %s; %s%n", finding.subject(), finding.code());
        out.printf("         Remedy: %s%n", finding.remedy());
        out.printf("Appeared     %s%n", finding.appeared());
        out.printf("Ended        %s%n", finding.ended().map(Object::toString).orElse("not yet"));
    }
}
