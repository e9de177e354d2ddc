// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.POWER)
@Command(
        scope = "understudy",
        name = "vm-reset",
        description = "Reset a VM like its reset button; data that the guest has not written is lost",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class VmReset extends DestructiveCommand {
    @Override
    Loss loss() {
        return new Loss(
                "vm-reset restarts the guest at once; data that the guest has not written is lost", "Reset the VM?");
    }

    @Override
    int run() {
        confirm();
        vms.reset(vm());
        return show();
    }
}
