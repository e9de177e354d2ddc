// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;

/** A command with the options of a migration. */
abstract class MigrationOptionsCommand extends UnderstudyCommand {
    @Option(
            name = "--bandwidth",
            description = "Bandwidth limit in bytes per second; K, M, G for powers of 1024",
            valueToShowInHelp = "")
    String bandwidth = "";

    @Option(
            name = "--downtime-limit",
            description = "Longest pause of the vCPUs for the last pages, such as 300ms or 1s",
            valueToShowInHelp = "")
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

    @Option(
            name = "--strategy",
            description = "automatic: QEMU unplugs and plugs; explicit: Understudy does",
            valueToShowInHelp = "")
    @Completion(
            value = StringsCompleter.class,
            values = {"automatic", "explicit"})
    String strategy = "";

    final MigrationOptions options(Optional<ProbeTarget> probe) {
        return new MigrationOptions(
                bandwidth.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Quantities.bytes(bandwidth)),
                Optional.of(downtimeLimit).filter(text -> !text.isEmpty()).map(Quantities::duration),
                autoConverge,
                multifd == 0 ? OptionalInt.empty() : OptionalInt.of(multifd),
                false,
                tls,
                requireVf(),
                Optional.of(strategy).filter(text -> !text.isEmpty()).map(MigrationStrategy::parse),
                probe);
    }

    private Optional<Boolean> requireVf() {
        if (requireVf && acceptStandby) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "--require-vf and --accept-standby exclude each other");
        }
        return requireVf || acceptStandby ? Optional.of(requireVf) : Optional.empty();
    }
}
