// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.POWER)
@Command(
        scope = "understudy",
        name = "vm-destroy",
        description = "Force a VM off at once; data that the guest has not written is lost",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class VmDestroy extends DestructiveCommand {
    @Override
    Loss loss() {
        return new Loss(
                "vm-destroy forces it off at once; data that the guest has not written is lost", "Force the VM off?");
    }

    @Override
    int run() {
        confirm();
        vms.destroy(vm());
        return show();
    }
}
