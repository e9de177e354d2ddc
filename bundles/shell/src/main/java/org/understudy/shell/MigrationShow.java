// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.VIEW)
@Command(scope = "understudy", name = "migration-show", description = "Show a migration with its seven steps")
public final class MigrationShow extends MigrationCommand {
    @Override
    int run() {
        return show(migrations.show(id()));
    }
}
