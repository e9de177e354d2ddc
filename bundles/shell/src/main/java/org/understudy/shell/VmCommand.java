// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

/** A command about one VM, the first argument. */
abstract class VmCommand extends UnderstudyCommand {
    @Argument(
            index = 0,
            name = "vm",
            description = "Name or UUID of the VM, or HOST/NAME; required",
            valueToShowInHelp = "")
    @Completion(VmCompleter.class)
    String vm = "";

    @Reference
    VirtualMachines vms;

    final VmAddress vm() {
        return VmOnHost.parse(given("vm", vm));
    }

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return audit.vm(vm());
    }

    /** Prints the current state of the VM. */
    final int show() {
        var now = vms.show(vm());
        print(now, () -> TextView.vm(out(), now));
        return 0;
    }
}
