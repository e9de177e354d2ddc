// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

@Service
@Command(scope = "understudy", name = "pair-off", description = "Remove a failover pair")
public final class PairOff extends PairCommand {
    @Override
    int run() {
        return answer(dryRun ? pairs.planOff(vms.definition(vm()), nic()) : pairs.turnOff(vm(), nic()));
    }
}
