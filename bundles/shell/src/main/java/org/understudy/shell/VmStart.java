// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

@Service
@Command(scope = "understudy", name = "vm-start", description = "Starts a VM")
public final class VmStart extends VmCommand {
    @Override
    int run() {
        vms.start(vm());
        return show();
    }
}
