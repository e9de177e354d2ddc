// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.FileCompleter;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Pairs;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

@Service
@Command(scope = "understudy", name = "lint", description = "Judges the failover pairs of a VM or of a domain XML")
public final class Lint extends UnderstudyCommand {
    @Argument(index = 1, name = "options", description = "Options may also stand here", multiValued = true)
    List<String> late = List.of();

    @Argument(index = 0, name = "vm", description = "Name of the VM")
    @Completion(VmCompleter.class)
    String vm = "";

    @Option(name = "--file", description = "Judge this file on the server instead, or - for standard input")
    @Completion(FileCompleter.class)
    String file = "";

    @Option(name = "--host", description = "With --file: also judge against what this host can do")
    @Completion(HostCompleter.class)
    String host = "";

    @Reference
    Pairs pairs;

    @Override
    int run() {
        if (vm.isEmpty() == file.isEmpty()) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "name either a VM or a --file");
        }
        if (!vm.isEmpty()) {
            return answer(pairs.lint(new VmName(vm)), "No findings.");
        }
        Optional<HostName> judge =
                Optional.of(host).filter(text -> !text.isEmpty()).map(HostName::new);
        return answer(pairs.lint(Documents.read(session, file), judge), "No findings.");
    }
}
