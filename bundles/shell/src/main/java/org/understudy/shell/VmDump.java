// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.xml.Passwords;
import org.understudy.api.xml.XmlBytes;

@Service
@Performs(Action.READ_DEFINITION)
@Command(
        scope = "understudy",
        name = "vm-dump",
        description = "Print the domain XML of a VM, byte for byte except for passwords, which are masked")
public final class VmDump extends VmCommand {
    @Argument(index = 1, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Option(name = "--security-info", description = "Print the passwords too")
    boolean securityInfo;

    @Override
    int run() {
        String stored = vms.definition(vm());
        String definition = securityInfo ? stored : Passwords.masked(stored);
        if (json) {
            out().println(view.write(definition));
        } else {
            // Not in the charset of the terminal: redirected output must be the stored document.
            out().writeBytes(XmlBytes.write(definition));
            out().flush();
        }
        return 0;
    }
}
