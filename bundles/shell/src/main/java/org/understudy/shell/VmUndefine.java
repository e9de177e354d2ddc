// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.Map;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.UNDEFINE)
@Command(
        scope = "understudy",
        name = "vm-undefine",
        description = "Remove the definition of a VM that is off from its host; disks are kept",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class VmUndefine extends DestructiveCommand {
    @Override
    Loss loss() {
        return new Loss("vm-undefine removes its definition; disks are kept", "Remove the definition?");
    }

    @Override
    int run() {
        confirm();
        vms.undefine(vm());
        print(Map.of(), () -> out().println("Undefined."));
        return 0;
    }
}
