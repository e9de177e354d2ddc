// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

@Service
@Command(scope = "understudy", name = "migration-show", description = "Show a migration with its seven steps")
public final class MigrationShow extends MigrationCommand {
    @Override
    int run() {
        return show(migrations.show(id()));
    }
}
