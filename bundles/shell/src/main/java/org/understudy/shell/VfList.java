// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostNics;
import org.understudy.api.NicInventory;
import org.understudy.api.UnderstudyException;

@Service
@Performs(Action.VIEW)
@Command(scope = "understudy", name = "vf-list", description = "List the VFs of all hosts, or of one host")
public final class VfList extends UnderstudyCommand {
    @Argument(name = "host", description = "Name of a host")
    @Completion(HostCompleter.class)
    String host = "";

    @Argument(index = 1, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

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
                        ErrorCode.HOST_NOT_FOUND, "Host '" + name + "' is not in the configuration"));
    }
}
