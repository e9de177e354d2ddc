// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.Migrations;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;

/** A command about moving one VM to one host, with the options of the move. */
abstract class MoveCommand extends VmCommand {
    @Argument(index = 2, name = "options", description = "Options may also stand here", multiValued = true)
    List<String> late = List.of();

    @Argument(index = 1, name = "host", description = "Destination", required = true)
    @Completion(HostCompleter.class)
    String host = "";

    @Option(name = "--bandwidth", description = "Limit in bytes per second; K, M, G for powers of 1024")
    String bandwidth = "";

    @Option(name = "--downtime-limit", description = "Longest stop for the last pages, such as 300ms or 1s")
    String downtimeLimit = "";

    @Option(name = "--auto-converge", description = "Slow the guest down if it writes faster than it can be sent")
    boolean autoConverge;

    @Option(name = "--multifd", description = "Number of parallel memory streams, 2 to 255")
    int multifd;

    @Option(name = "--tls", description = "Encrypt the migration stream")
    boolean tls;

    @Option(name = "--require-vf", description = "A run that ends on standby needs attention")
    boolean requireVf;

    @Option(name = "--accept-standby", description = "Go also where no VF is free; the VM gets one when one is")
    boolean acceptStandby;

    @Option(name = "--strategy", description = "automatic: QEMU unplugs and plugs; explicit: Understudy does")
    @Completion(
            value = StringsCompleter.class,
            values = {"automatic", "explicit"})
    String strategy = "";

    @Option(
            name = "--probe",
            description = "How to measure the network gap: heartbeat:ADDRESS:PORT/STREAM, icmp:ADDRESS"
                    + " or arp:INTERFACE:ADDRESS")
    String probe = "";

    @Reference
    Migrations migrations;

    final HostName destination() {
        return new HostName(host);
    }

    final MigrationOptions options() {
        return new MigrationOptions(
                bandwidth.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Quantities.bytes(bandwidth)),
                Optional.of(downtimeLimit).filter(text -> !text.isEmpty()).map(Quantities::duration),
                autoConverge,
                multifd == 0 ? OptionalInt.empty() : OptionalInt.of(multifd),
                false,
                tls,
                standby(),
                Optional.of(strategy).filter(text -> !text.isEmpty()).map(MigrationStrategy::parse),
                Optional.of(probe).filter(text -> !text.isEmpty()).map(ProbeTarget::parse));
    }

    private Optional<Boolean> standby() {
        if (requireVf && acceptStandby) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "--require-vf and --accept-standby contradict each other");
        }
        return requireVf || acceptStandby ? Optional.of(requireVf) : Optional.empty();
    }
}
