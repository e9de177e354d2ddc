// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

@Service
@Command(scope = "understudy", name = "preflight", description = "Says whether a VM could move, and changes nothing")
public final class PreflightCommand extends MoveCommand {
    @Override
    int run() {
        return answer(migrations.preflight(vm(), destination(), options()), "Nothing stands in the way.");
    }
}
