// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.Optional;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.Migration;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "migration-show",
        description = "Show a migration with its seven steps",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class MigrationShow extends MigrationCommand {
    @Option(
            name = "--follow",
            description = "Print each step until the migration ends, and exit with the status of its outcome;"
                    + " Control-C leaves it running")
    boolean follow;

    @Override
    int run() {
        return follow ? follow() : show(migrations.show(id()));
    }

    private int follow() {
        try (MigrationFollower follower =
                new MigrationFollower(migrations, json ? Optional.empty() : Optional.of(out()))) {
            Migration last = follower.follow(migrations.show(id()));
            print(last, () -> TextView.summary(out(), last));
            return Migrate.status(last);
        }
    }
}
