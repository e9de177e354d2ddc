// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.BulkMigrations;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "bulk-list",
        description = "List the bulk migrations since the start of the server, newest first",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class BulkList extends UnderstudyCommand {
    @Reference
    BulkMigrations bulk;

    @Override
    int run() {
        var all = bulk.list();
        print(all, () -> FleetText.bulks(out(), all));
        return 0;
    }
}
