// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.Pairs;

/** A command that switches the pair of one NIC. */
abstract class PairCommand extends VmCommand {
    @Argument(index = 1, name = "options", description = "Options may also stand here", multiValued = true)
    List<String> late = List.of();

    @Option(name = "--nic", description = "Index, MAC address or alias of the NIC; needed if there are several")
    String nic = "only";

    @Option(name = "--dry-run", description = "Print what would be done and the XML, change nothing")
    boolean dryRun;

    @Reference
    Pairs pairs;

    final NicSelector nic() {
        return NicSelector.parse(nic);
    }

    final int answer(PairChange change) {
        print(change, () -> {
            TextView.findings(out(), change.findings());
            out().println(told(change));
            if (dryRun) {
                out().println(change.definition());
            }
        });
        return Finding.anyBlocking(change.findings()) ? ErrorCode.REFUSED_BY_FINDINGS.exitCode() : 0;
    }

    private String told(PairChange change) {
        if (!change.changed()) {
            return "Nothing was changed.";
        }
        String did = dryRun ? "Would be changed" : "Changed";
        return switch (change.effect()) {
            case NONE -> did + ".";
            case AT_ONCE -> did + "; the running VM was told as well.";
            case AT_NEXT_START -> did + "; it takes effect when the VM is started.";
            case AFTER_RESTART -> did + "; the running VM needs a restart (shut down, then start) for it.";
        };
    }
}
