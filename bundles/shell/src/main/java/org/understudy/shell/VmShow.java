// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "vm-show",
        description = "Show a VM with its NICs and pairs, and whether its guest cooperates")
public final class VmShow extends VmCommand {
    @Argument(index = 1, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Override
    int run() {
        var now = vms.examine(vm());
        print(now, () -> TextView.vm(out(), now));
        return 0;
    }
}
