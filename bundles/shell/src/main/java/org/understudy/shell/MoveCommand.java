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

/** A command about the migration of one VM to one host, with the migration options. */
abstract class MoveCommand extends VmCommand {
    @Argument(index = 2, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Argument(index = 1, name = "host", description = "Destination host", required = true)
    @Completion(HostCompleter.class)
    String host = "";

    @Option(name = "--bandwidth", description = "Bandwidth limit in bytes per second; K, M, G for powers of 1024")
    String bandwidth = "";

    @Option(
            name = "--downtime-limit",
            description = "Longest pause of the vCPUs for the last pages, such as 300ms or 1s")
    String downtimeLimit = "";

    @Option(
            name = "--auto-converge",
            description = "Throttle the vCPUs if the guest writes memory faster than it can be copied")
    boolean autoConverge;

    @Option(name = "--multifd", description = "Number of parallel memory streams, 2 to 255")
    int multifd;

    @Option(name = "--tls", description = "Encrypt the migration stream")
    boolean tls;

    @Option(name = "--require-vf", description = "Report needs-attention if the migration ends on standby")
    boolean requireVf;

    @Option(
            name = "--accept-standby",
            description = "Migrate even if no VF is free; the VM gets one as soon as one is free")
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

    @Override
    String note() {
        return "to host " + host;
    }

    final MigrationOptions options() {
        return new MigrationOptions(
                bandwidth.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Quantities.bytes(bandwidth)),
                Optional.of(downtimeLimit).filter(text -> !text.isEmpty()).map(Quantities::duration),
                autoConverge,
                multifd == 0 ? OptionalInt.empty() : OptionalInt.of(multifd),
                false,
                tls,
                requireVf(),
                Optional.of(strategy).filter(text -> !text.isEmpty()).map(MigrationStrategy::parse),
                Optional.of(probe).filter(text -> !text.isEmpty()).map(ProbeTarget::parse));
    }

    private Optional<Boolean> requireVf() {
        if (requireVf && acceptStandby) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "--require-vf and --accept-standby exclude each other");
        }
        return requireVf || acceptStandby ? Optional.of(requireVf) : Optional.empty();
    }
}
