// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.Optional;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.PairChange;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

@Service
@Performs(Action.DEFINE)
@Command(
        scope = "understudy",
        name = "vm-fix",
        description = "Apply the safe fixes of lint to the definition of a VM",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class VmFix extends DefinitionCommand {
    @Override
    int run() {
        Vm now = vms.show(vm());
        VmAddress here = new VmOnHost(now.host(), now.uuid().toString());
        PairChange change = pairs.fix(vms.definition(here), Optional.of(now.host()));
        if (change.changed() && !dryRun) {
            vms.define(now.host(), change.definition());
        }
        int status = answer(change);
        // A finding that remains does not make it a refusal.
        return change.changed() ? 0 : status;
    }
}
