// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.IOException;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.jline.reader.EndOfFileException;
import org.jline.reader.UserInterruptException;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmState;

@Service
@Performs(Action.PAIR)
@Command(
        scope = "understudy",
        name = "pair-off",
        description = "Remove a failover pair; a running VM loses its primary at once")
public final class PairOff extends PairCommand {
    @Option(name = "--yes", description = "Unplug the primary of a running VM without asking")
    boolean yes;

    @Override
    int run() {
        if (dryRun) {
            return answer(pairs.planOff(vms.definition(vm()), nic()));
        }
        if (!yes) {
            confirm(vms.show(vm()));
        }
        return answer(pairs.turnOff(vm(), nic()));
    }

    /** @throws UnderstudyException {@link ErrorCode#CANCELLED} unless the user agrees or nothing will be unplugged */
    private void confirm(Vm now) {
        if (now.state() == VmState.SHUTOFF
                || !pairs.planOff(vms.definition(now.name()), nic()).changed()) {
            return;
        }
        boolean hasVf = now.pairs().stream().anyMatch(pair -> pair.kind() == PrimaryKind.VF);
        String effect = "VM %s is %s on host %s: pair-off unplugs the primary at once%s; the traffic continues on the"
                + " standby NIC";
        String warning = effect.formatted(
                now.name(), TextView.word(now.state()), now.host(), hasVf ? " and releases its VF" : "");
        if (!isAgreed(warning)) {
            throw new UnderstudyException(ErrorCode.CANCELLED, "Pair of VM " + now.name() + " was not changed");
        }
    }

    private boolean isAgreed(String warning) {
        try {
            if (!json) {
                out().println(warning + ".");
                return session.readLine("Unplug the primary? (yes/no) ", null)
                        .strip()
                        .equalsIgnoreCase("yes");
            }
        } catch (IOException | UserInterruptException | EndOfFileException e) {
            // Control-C or Control-D
            return false;
        } catch (UnsupportedOperationException e) {
            // A session without a terminal, such as that of a command over ssh.
        }
        throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Option --yes is missing: " + warning);
    }
}
