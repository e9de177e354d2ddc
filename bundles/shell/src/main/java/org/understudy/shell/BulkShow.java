// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigration.State;
import org.understudy.api.ErrorCode;
import org.understudy.api.Outcome;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "bulk-show",
        description = "Show a bulk migration with each of its VMs",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class BulkShow extends BulkCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Option(name = "--follow", description = "Print each change until all have ended; Control-C leaves them running")
    boolean follow;

    @Override
    int run() {
        if (!follow) {
            return show(bulk.show(id()));
        }
        try (BulkFollower follower = new BulkFollower(bulk, json ? Optional.empty() : Optional.of(out()))) {
            return ended(this, follower.follow(bulk.show(id())));
        }
    }

    /** Prints the last status. The exit status is that of the worst outcome. */
    static int ended(UnderstudyCommand command, BulkMigration last) {
        command.print(last, () -> FleetText.bulk(command.out(), last));
        if (last.count(State.REFUSED) > 0) {
            return ErrorCode.REFUSED_BY_FINDINGS.exitCode();
        }
        int worst = last.entries().stream()
                .flatMap(entry -> entry.outcome().stream())
                .mapToInt(Outcome::exitCode)
                .max()
                .orElse(0);
        return worst == 0 && last.count(State.CANCELLED) > 0 ? ErrorCode.CANCELLED.exitCode() : worst;
    }
}
