// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.HostNics;

@Service
@Performs(Action.VIEW)
@Command(
        scope = "understudy",
        name = "pool-list",
        description = "List the VF pools and their free and leased VFs on each host")
public final class PoolList extends UnderstudyCommand {
    @Reference
    HostNics nics;

    @Override
    int run() {
        var all = nics.pools();
        print(all, () -> NicText.pools(out(), all));
        return 0;
    }
}
