// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.POWER)
@Command(scope = "understudy", name = "vm-start", description = "Start a VM")
public final class VmStart extends VmCommand {
    @Argument(index = 1, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Override
    int run() {
        vms.start(vm());
        return show();
    }
}
