// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.Optional;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.Migration;
import org.understudy.api.Outcome;

@Service
@Performs(Action.MIGRATE)
@Command(
        scope = "understudy",
        name = "migrate",
        description = "Migrate a running VM to another host and follow the migration; Control-C leaves it running",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class Migrate extends MoveCommand {
    @Option(name = "--detach", description = "Print the ID of the migration and return at once")
    boolean detach;

    @Override
    int run() {
        try (MigrationFollower follower =
                new MigrationFollower(migrations, json ? Optional.empty() : Optional.of(out()))) {
            Migration first = migrations.start(vm(), destination(), options());
            if (detach) {
                print(first, () -> out().println(first.id()));
                return 0;
            }
            Migration last = follower.follow(first);
            print(last, () -> TextView.summary(out(), last));
            return status(last);
        }
    }

    /** The exit status of a command that waited for the end of a migration. */
    static int status(Migration ended) {
        return ended.outcome().map(Outcome::exitCode).orElse(ErrorCode.INTERNAL.exitCode());
    }
}
