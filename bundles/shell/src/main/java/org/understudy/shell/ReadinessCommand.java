// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.Optional;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.FleetReadiness;
import org.understudy.api.HostName;
import org.understudy.api.Readiness;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "readiness",
        description = "List which VMs can be migrated now, and what prevents it for the others",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class ReadinessCommand extends UnderstudyCommand {
    @Option(name = "--host", description = "The VMs of this host only", valueToShowInHelp = "")
    @Completion(HostCompleter.class)
    String host = "";

    @Option(name = "--groups", description = "Print the groups without the VMs; with --json, all is printed")
    boolean groups;

    @Reference
    Readiness readiness;

    @Override
    int run() {
        FleetReadiness fleet = readiness.evaluate(
                Optional.of(host).filter(text -> !text.isEmpty()).map(HostName::new));
        print(fleet, () -> FleetText.readiness(out(), fleet, !groups));
        return 0;
    }
}
