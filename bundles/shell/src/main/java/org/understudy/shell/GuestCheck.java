// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.GuestChecks;

@Service
@Performs(Action.CHECK_GUEST)
@Command(
        scope = "understudy",
        name = "guest-check",
        description = "Check the network configuration inside a guest, by its QEMU guest agent",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class GuestCheck extends VmCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Reference
    GuestChecks guests;

    @Override
    int run() {
        return answer(guests.check(vm()), "No findings.");
    }
}
