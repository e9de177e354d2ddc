// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "migration-list",
        description = "List migrations, newest first",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class MigrationList extends UnderstudyCommand {
    @Option(
            name = "--vm",
            description = "Those of one VM: its name or UUID, or HOST/NAME (default: all VMs)",
            valueToShowInHelp = "")
    @Completion(VmCompleter.class)
    String vm = "";

    @Option(name = "--running", description = "Those that run now")
    boolean running;

    @Reference
    Migrations migrations;

    @Override
    int run() {
        Optional<VmAddress> address =
                Optional.of(vm).filter(text -> !text.isEmpty()).map(VmOnHost::parse);
        List<Migration> all = migrations.list().stream()
                .filter(m -> address.isEmpty() || m.isOf(address.get()))
                .filter(m -> !running || m.isRunning())
                .toList();
        print(all, () -> TextView.migrations(out(), all));
        return 0;
    }
}
