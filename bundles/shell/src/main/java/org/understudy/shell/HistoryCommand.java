// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.understudy.api.History;
import org.understudy.api.HistoryKind;
import org.understudy.api.HistoryQuery;
import org.understudy.api.HostName;
import org.understudy.api.VirtualMachines;
import org.understudy.api.VmAddress;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmUuid;

/** A command that lists entries of the history, newest first. */
abstract class HistoryCommand extends UnderstudyCommand {
    @Option(
            name = "--vm",
            description =
                    "Those of one VM: its name or UUID, or HOST/NAME; a removed VM has only its UUID (default: all VMs)",
            valueToShowInHelp = "")
    @Completion(VmCompleter.class)
    String vm = "";

    @Option(name = "--limit", description = "At most that many entries, 1 to 1000")
    int limit = 100;

    @Reference
    VirtualMachines vms;

    /** A list, because Karaf hides all commands of the bundle while a single service is absent. */
    @Reference
    List<History> histories = List.of();

    /** The newest entries of these kinds that the options select. */
    final HistoryQuery query(
            Set<HistoryKind> kinds, Optional<HostName> host, Optional<String> user, Set<String> outcomes) {
        HistoryQuery newest = HistoryQuery.newest(kinds, limit);
        return new HistoryQuery(
                newest.kinds(),
                given(vm).map(VmOnHost::parse).map(this::uuid),
                host,
                user,
                outcomes,
                newest.since(),
                newest.until(),
                newest.sort(),
                newest.ascending(),
                newest.limit(),
                newest.cursor());
    }

    static Optional<String> given(String text) {
        return Optional.of(text).filter(given -> !given.isEmpty());
    }

    private UUID uuid(VmAddress address) {
        return address instanceof VmUuid known
                ? known.value()
                : vms.show(address).uuid();
    }
}
