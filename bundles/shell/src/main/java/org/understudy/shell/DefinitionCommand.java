// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.PairChange;
import org.understudy.api.Pairs;
import org.understudy.api.xml.Passwords;

/** A command that changes the definition of a VM, or shows the change. */
abstract class DefinitionCommand extends VmCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Option(name = "--dry-run", description = "Print the changes and the XML without applying them")
    boolean dryRun;

    @Reference
    Pairs pairs;

    @Override
    String note() {
        return dryRun ? "dry run" : "";
    }

    final int answer(PairChange planned) {
        PairChange change = Passwords.masked(planned);
        print(change, () -> {
            TextView.findings(out(), change.findings());
            out().println(effectText(change));
            if (dryRun) {
                out().println(change.definition());
            }
        });
        return Finding.anyBlocking(change.findings()) ? ErrorCode.REFUSED_BY_FINDINGS.exitCode() : 0;
    }

    private String effectText(PairChange change) {
        if (!change.changed()) {
            return "Nothing was changed.";
        }
        String changed = dryRun ? "Would be changed" : "Changed";
        return switch (change.effect()) {
            case NONE -> changed + ".";
            case AT_ONCE -> changed + "; the running VM is changed too.";
            case AT_NEXT_START -> changed + "; it takes effect when the VM is started.";
            case AFTER_RESTART -> changed + "; it takes effect after the VM is shut down and started again.";
        };
    }
}
