// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigrations;

/** A command about one bulk migration. */
abstract class BulkCommand extends UnderstudyCommand {
    @Argument(index = 0, name = "bulk", description = "ID of the bulk migration; required", valueToShowInHelp = "")
    @Completion(BulkCompleter.class)
    String id = "";

    @Reference
    BulkMigrations bulk;

    final String id() {
        return given("bulk", id);
    }

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named(id);
    }

    final int show(BulkMigration now) {
        print(now, () -> FleetText.bulk(out(), now));
        return 0;
    }
}
