// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.table.ShellTable;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HostName;

@Service
@Performs(Action.READ_AUDIT)
@Command(
        scope = "understudy",
        name = "audit-list",
        description = "List the actions of users, newest first",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class AuditList extends HistoryCommand {
    @Option(name = "--user", description = "Those of one user (default: all users)", valueToShowInHelp = "")
    String user = "";

    @Override
    int run() {
        HistoryQuery query = query(Set.of(HistoryKind.ACTION), Optional.empty(), given(user), Set.of());
        List<AuditEntry> actions = HistoryText.history(histories).find(query).entries().stream()
                .flatMap(entry -> entry.action().stream())
                .toList();
        print(actions, () -> table(out(), actions));
        return 0;
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
