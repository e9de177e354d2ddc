// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.VirtualMachines;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "host-list",
        description = "List the hosts and what is wrong with them",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class HostList extends UnderstudyCommand {
    @Reference
    VirtualMachines vms;

    @Override
    int run() {
        var all = vms.hosts();
        print(all, () -> FleetText.hosts(out(), all));
        return 0;
    }
}
