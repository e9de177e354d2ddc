// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

@Service
@Command(scope = "understudy", name = "vm-show", description = "Shows a VM with its NICs and pairs")
public final class VmShow extends VmCommand {
    @Override
    int run() {
        return show();
    }
}
