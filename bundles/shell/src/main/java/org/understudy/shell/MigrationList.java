// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.Migrations;

@Service
@Performs(Action.VIEW)
@Command(scope = "understudy", name = "migration-list", description = "List migrations, newest first")
public final class MigrationList extends UnderstudyCommand {
    @Reference
    Migrations migrations;

    @Override
    int run() {
        var all = migrations.list();
        print(all, () -> TextView.migrations(out(), all));
        return 0;
    }
}
