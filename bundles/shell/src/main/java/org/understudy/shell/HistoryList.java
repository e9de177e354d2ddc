// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryPage;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "history-list",
        description = "List migrations and findings of the past, newest first",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class HistoryList extends HistoryCommand {
    /** Actions have a command of their own, as they are another right. */
    private static final List<HistoryKind> KINDS = List.of(HistoryKind.MIGRATION, HistoryKind.FINDING);

    @Option(name = "--kind", description = "Migrations or findings alone (default: both)", valueToShowInHelp = "")
    @Completion(
            value = StringsCompleter.class,
            values = {"migration", "finding"})
    String kind = "";

    @Option(
            name = "--host",
            description = "Those of one host; migrations by source or destination (default: all hosts)",
            valueToShowInHelp = "")
    @Completion(HostCompleter.class)
    String host = "";

    @Option(
            name = "--outcome",
            description = "Of a migration running or its outcome; of a finding open, ended or unknown (default: any)",
            valueToShowInHelp = "")
    String outcome = "";

    @Override
    int run() {
        Optional<HostName> on = given(host).map(HostName::new);
        Set<String> outcomes = given(outcome).stream().collect(Collectors.toSet());
        HistoryPage page = HistoryText.history(histories).find(query(kinds(), on, Optional.empty(), outcomes));
        print(page, () -> HistoryText.entries(out(), page.entries()));
        return 0;
    }

    private Set<HistoryKind> kinds() {
        Set<HistoryKind> kinds = KINDS.stream()
                .filter(known -> kind.isEmpty() || TextView.word(known).equals(kind))
                .collect(Collectors.toSet());
        if (kinds.isEmpty()) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    "'" + kind + "' is not one of "
                            + KINDS.stream().map(TextView::word).toList());
        }
        return kinds;
    }
}
