// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.understudy.api.Action;
import org.understudy.api.Consent;
import org.understudy.api.HostName;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;

@Service
@Performs(Action.PAIR)
@Command(
        scope = "understudy",
        name = "pair-on",
        description = "Turn a virtio NIC of a VM into a failover pair",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class PairOn extends PairCommand {
    @Option(
            name = "--pool",
            description = "VF pool of the primary (default: the pool of the network)",
            valueToShowInHelp = "")
    @Completion(PoolCompleter.class)
    String pool = "";

    @Option(
            name = "--form",
            description = "Form of the primary in the domain XML (default: pool-network)",
            valueToShowInHelp = "")
    @Completion(
            value = StringsCompleter.class,
            values = {"pool-network", "hostdev-interface", "plain-hostdev"})
    String form = "";

    @Option(
            name = "--vf",
            description = "PCI address of the VF, such as 0000:01:10.2 (default: any free VF of the pool)",
            valueToShowInHelp = "")
    String vf = "";

    @Option(
            name = "--consent",
            description = "Accept a risk: change-machine-type, bypass-filter",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(
            value = StringsCompleter.class,
            values = {"change-machine-type", "bypass-filter"})
    List<String> consents = List.of();

    @Override
    int run() {
        PairRequest request = new PairRequest(
                nic(),
                Optional.of(pool).filter(text -> !text.isEmpty()).map(PoolName::new),
                Optional.of(form)
                        .filter(text -> !text.isEmpty())
                        .map(text -> EnumArguments.parse(PrimaryForm.class, text)),
                Optional.of(vf).filter(text -> !text.isEmpty()).map(PciAddress::parse),
                consents.stream()
                        .map(text -> EnumArguments.parse(Consent.class, text))
                        .collect(Collectors.toSet()));
        if (dryRun) {
            Optional<HostName> host = Optional.of(vms.show(vm()).host());
            return answer(pairs.planOn(vms.definition(vm()), request, host));
        }
        return answer(pairs.turnOn(vm(), request));
    }
}
