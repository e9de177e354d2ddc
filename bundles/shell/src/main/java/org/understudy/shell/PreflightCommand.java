// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "preflight",
        description = "Check whether a VM can be migrated, without changing anything")
public final class PreflightCommand extends MoveCommand {
    @Override
    int run() {
        return answer(migrations.preflight(vm(), destination(), options()), "The VM can be migrated.");
    }
}
