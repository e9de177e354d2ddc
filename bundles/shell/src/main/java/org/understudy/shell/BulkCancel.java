// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.VmOnHost;

@Service
@Performs(Action.CANCEL)
@Command(
        scope = "understudy",
        name = "bulk-cancel",
        description = "Remove what waits of a bulk migration, and roll back what runs",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class BulkCancel extends BulkCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Option(
            name = "--vm",
            description = "Name or UUID of one VM, or HOST/NAME (default: all VMs)",
            valueToShowInHelp = "")
    @Completion(VmCompleter.class)
    String vm = "";

    @Override
    int run() {
        return show(vm.isEmpty() ? bulk.cancel(id()) : bulk.cancel(id(), VmOnHost.parse(vm)));
    }
}
