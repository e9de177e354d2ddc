// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.understudy.api.HostName;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.ProbeTarget;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

/** A command about the migration of one VM to one host, with the migration options. */
abstract class MoveCommand extends MigrationOptionsCommand {
    @Argument(
            index = 2,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Argument(index = 1, name = "host", description = "Destination host; required", valueToShowInHelp = "")
    @Completion(HostCompleter.class)
    String host = "";

    @Argument(
            index = 0,
            name = "vm",
            description = "Name or UUID of the VM, or HOST/NAME; required",
            valueToShowInHelp = "")
    @Completion(VmCompleter.class)
    String vm = "";

    @Option(
            name = "--probe",
            description = "How to measure the network gap: heartbeat:ADDRESS:PORT/STREAM, icmp:ADDRESS"
                    + " or arp:INTERFACE:ADDRESS",
            valueToShowInHelp = "")
    String probe = "";

    @Reference
    Migrations migrations;

    final VmAddress vm() {
        return VmOnHost.parse(given("vm", vm));
    }

    final HostName destination() {
        return new HostName(given("host", host));
    }

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return audit.vm(vm());
    }

    @Override
    String note() {
        return "to host " + host;
    }

    final MigrationOptions options() {
        return options(Optional.of(probe).filter(text -> !text.isEmpty()).map(ProbeTarget::parse));
    }
}
