// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;

@Service
@Performs(Action.POWER)
@Command(
        scope = "understudy",
        name = "vm-pause",
        description = "Pause the vCPUs of a VM",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class VmPause extends VmCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Override
    int run() {
        vms.pause(vm());
        return show();
    }
}
