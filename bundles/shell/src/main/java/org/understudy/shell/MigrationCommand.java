// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.Migrations;

/** A command about one migration. */
abstract class MigrationCommand extends UnderstudyCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Argument(index = 0, name = "migration", description = "ID of the migration; required", valueToShowInHelp = "")
    @Completion(MigrationCompleter.class)
    String id = "";

    @Reference
    Migrations migrations;

    final MigrationId id() {
        return new MigrationId(given("migration", id));
    }

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named(id);
    }

    final int show(Migration migration) {
        print(migration, () -> TextView.migration(out(), migration));
        return 0;
    }
}
