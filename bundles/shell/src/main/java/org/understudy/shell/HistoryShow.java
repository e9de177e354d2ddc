// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.History;
import org.understudy.api.HistoryEntry;
import org.understudy.api.HistoryKind;
import org.understudy.api.UnderstudyException;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "history-show",
        description = "Show a migration or finding of the past",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class HistoryShow extends UnderstudyCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Argument(
            index = 0,
            name = "entry",
            description = "ID of the migration or of the entry of history-list; required",
            valueToShowInHelp = "")
    String id = "";

    /** A list, because Karaf hides all commands of the bundle while a single service is absent. */
    @Reference
    List<History> histories = List.of();

    @Override
    int run() {
        HistoryEntry entry = HistoryText.history(histories)
                .find(given("entry", id))
                // Actions are another right.
                .filter(found -> found.kind() != HistoryKind.ACTION)
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HISTORY_ENTRY_NOT_FOUND,
                        "No migration or finding of the history has the ID '" + id + "'"));
        print(entry, () -> HistoryText.entry(out(), entry));
        return 0;
    }
}
