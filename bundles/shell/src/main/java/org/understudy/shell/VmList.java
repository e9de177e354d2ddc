// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.VirtualMachines;

@Service
@Performs(Action.VIEW)
@Command(scope = "understudy", name = "vm-list", description = "List the VMs of all hosts")
public final class VmList extends UnderstudyCommand {
    @Reference
    VirtualMachines vms;

    @Override
    int run() {
        var all = vms.list();
        print(all, () -> TextView.vms(out(), all));
        return 0;
    }
}
