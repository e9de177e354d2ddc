// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

@Service
@Command(
        scope = "understudy",
        name = "vm-shutdown",
        description = "Asks the guest to power off, without waiting for it")
public final class VmShutdown extends VmCommand {
    @Override
    int run() {
        vms.shutdown(vm());
        return show();
    }
}
