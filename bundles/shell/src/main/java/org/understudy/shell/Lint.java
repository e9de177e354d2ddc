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
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Pairs;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmOnHost;

@Service
@Performs(Action.VIEW)
@Command(scope = "understudy", name = "lint", description = "Check the failover pairs of a VM or of a domain XML")
public final class Lint extends UnderstudyCommand {
    @Argument(index = 1, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Argument(index = 0, name = "vm", description = "Name or UUID of the VM, or HOST/NAME")
    @Completion(VmCompleter.class)
    String vm = "";

    @Option(name = "--file", description = "Check this file on the server instead; - for standard input")
    @Completion(FileCompleter.class)
    String file = "";

    @Option(name = "--host", description = "With --file: check also whether this host supports the definition")
    @Completion(HostCompleter.class)
    String host = "";

    @Reference
    Pairs pairs;

    @Override
    Action action() {
        return file.isEmpty() ? super.action() : Action.READ_FILE;
    }

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named(file.isEmpty() ? vm : file);
    }

    @Override
    int run() {
        if (vm.isEmpty() == file.isEmpty()) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Name either a VM or a --file");
        }
        if (!vm.isEmpty()) {
            return answer(pairs.lint(VmOnHost.parse(vm)), "No findings.");
        }
        Optional<HostName> target =
                Optional.of(host).filter(text -> !text.isEmpty()).map(HostName::new);
        return answer(pairs.lint(Documents.read(session, file), target), "No findings.");
    }
}
