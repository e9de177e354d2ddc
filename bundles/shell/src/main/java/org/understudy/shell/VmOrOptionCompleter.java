// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.understudy.api.VirtualMachines;

/** Completes VMs, and options after a hyphen. */
@Service
public final class VmOrOptionCompleter implements Completer {
    @Reference
    VirtualMachines vms;

    @Override
    public int complete(Session session, CommandLine line, List<String> candidates) {
        if (line.getArguments().length < 2
                || String.valueOf(line.getCursorArgument()).startsWith("-")) {
            return new OptionCompleter().complete(session, line, candidates);
        }
        VmCompleter names = new VmCompleter();
        names.vms = vms;
        return names.complete(session, line, candidates);
    }
}
