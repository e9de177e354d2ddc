// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.table.ShellTable;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.ErrorCode;
import org.understudy.api.History;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmUuid;

@Service
@Performs(Action.READ_AUDIT)
@Command(
        scope = "understudy",
        name = "audit-list",
        description = "List the actions of users, newest first",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class AuditList extends UnderstudyCommand {
    @Option(
            name = "--vm",
            description =
                    "Those on one VM: its name or UUID, or HOST/NAME; a removed VM has only its UUID (default: all VMs)",
            valueToShowInHelp = "")
    @Completion(VmCompleter.class)
    String vm = "";

    @Option(name = "--user", description = "Those of one user (default: all users)", valueToShowInHelp = "")
    String user = "";

    @Option(name = "--limit", description = "At most that many actions, 1 to 1000")
    int limit = 100;

    @Reference
    VirtualMachines vms;

    /** A list, because Karaf hides all commands of the bundle while a single service is absent. */
    @Reference
    List<History> histories = List.of();

    @Override
    int run() {
        History history = histories.stream()
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HISTORY_UNAVAILABLE, "The bundle org.understudy.history does not run"));
        List<AuditEntry> actions = history.find(query()).entries().stream()
                .flatMap(entry -> entry.action().stream())
                .toList();
        print(actions, () -> table(out(), actions));
        return 0;
    }

    private HistoryQuery query() {
        HistoryQuery newest = HistoryQuery.newest(Set.of(HistoryKind.ACTION), limit);
        return new HistoryQuery(
                newest.kinds(),
                given(vm).map(VmOnHost::parse).map(this::uuid),
                newest.host(),
                given(user),
                newest.outcomes(),
                newest.since(),
                newest.until(),
                newest.sort(),
                newest.ascending(),
                newest.limit(),
                newest.cursor());
    }

    private static Optional<String> given(String text) {
        return Optional.of(text).filter(given -> !given.isEmpty());
    }

    private UUID uuid(VmAddress address) {
        return address instanceof VmUuid known
                ? known.value()
                : vms.show(address).uuid();
    }

    private static void table(PrintStream out, List<AuditEntry> actions) {
        ShellTable table = new ShellTable();
        List.of("Time", "User", "Interface", "Action", "Object", "Host", "Result", "Message")
                .forEach(table::column);
        for (AuditEntry action : actions) {
            table.addRow()
                    .addContent(
                            action.time(),
                            action.user(),
                            TextView.word(action.face()),
                            TextView.word(action.action()),
                            action.object(),
                            action.host().map(HostName::value).orElse(""),
                            TextView.word(action.result()),
                            action.message());
        }
        table.emptyTableText("No actions").print(out);
    }
}
