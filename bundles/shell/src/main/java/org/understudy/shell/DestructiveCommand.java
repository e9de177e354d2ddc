// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.understudy.api.Vm;

/** A command that takes something away from a VM, and asks before. */
abstract class DestructiveCommand extends VmCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Option(name = "--yes", description = "Do not ask")
    boolean yes;

    /** What the command does to the VM, in a sentence after its name, and the question before. */
    record Loss(String effect, String question) {}

    abstract Loss loss();

    /** @throws org.understudy.api.UnderstudyException unless the user agrees */
    final void confirm() {
        if (!yes) {
            Vm now = vms.show(vm());
            Loss loss = loss();
            Confirmation.require(
                    session,
                    json,
                    "VM %s is %s on host %s: %s"
                            .formatted(now.name(), TextView.word(now.state()), now.host(), loss.effect()),
                    loss.question(),
                    "VM " + now.name() + " was not changed");
        }
    }
}
