// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.UnderstudyException;

@Service
@Command(scope = "understudy", name = "vf-list", description = "Lists the SR-IOV functions of all hosts, or of one")
public final class VfList extends UnderstudyCommand {
    @Argument(name = "host", description = "Name of a host")
    @Completion(HostCompleter.class)
    String host = "";

    @Argument(index = 1, name = "options", description = "Options may also stand here", multiValued = true)
    List<String> late = List.of();

    @Reference
    HostNics nics;

    @Override
    int run() {
        List<NicInventory> all = host.isEmpty() ? nics.inventories() : List.of(of(new HostName(host)));
        print(all, () -> NicText.vfs(out(), all));
        return 0;
    }

    private NicInventory of(HostName name) {
        return nics.inventories().stream()
                .filter(inventory -> inventory.host().equals(name))
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HOST_NOT_FOUND, "The configuration has no host '" + name + "'"));
    }
}
