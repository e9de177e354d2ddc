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
import org.understudy.api.Action;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigrations;
import org.understudy.api.HostName;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;

@Service
@Performs(Action.MIGRATE)
@Command(
        scope = "understudy",
        name = "migrate-bulk",
        description = "Migrate several VMs, a limited number at once, and follow them; Control-C leaves them running",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class MigrateBulk extends MigrationOptionsCommand {
    @Argument(
            index = 0,
            name = "vms",
            description = "Names or UUIDs of the VMs, or HOST/NAME; required. Options may also follow",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(VmOrOptionCompleter.class)
    List<String> names = List.of();

    @Option(
            name = "--to",
            description = "Destination host (default: for each VM the host with the most free VFs)",
            valueToShowInHelp = "")
    @Completion(HostCompleter.class)
    String to = "";

    @Option(name = "--detach", description = "Print the ID of the bulk migration and return at once")
    boolean detach;

    @Reference
    BulkMigrations bulk;

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named(String.join(", ", names));
    }

    @Override
    String note() {
        return to.isEmpty() ? "to the hosts with the most free VFs" : "to host " + to;
    }

    @Override
    int run() {
        given("vms", String.join(" ", names));
        List<VmAddress> vms = names.stream().map(VmOnHost::parse).toList();
        Optional<HostName> destination =
                Optional.of(to).filter(text -> !text.isEmpty()).map(HostName::new);
        try (BulkFollower follower = new BulkFollower(bulk, json ? Optional.empty() : Optional.of(out()))) {
            BulkMigration first = bulk.start(vms, destination, options(Optional.empty()));
            if (detach) {
                print(first, () -> out().println(first.id()));
                return 0;
            }
            return BulkShow.ended(this, follower.follow(first));
        }
    }
}
