// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.CANCEL)
@Command(scope = "understudy", name = "migration-cancel", description = "Cancel a running migration and roll it back")
public final class MigrationCancel extends MigrationCommand {
    @Override
    int run() {
        return show(migrations.cancel(id()));
    }
}
