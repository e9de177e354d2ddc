// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationOptions;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.qmp.MigrationParameters;
import org.understudy.qemu.qmp.QmpCommands;

/** Builds the migration parameters, including TLS. Source: QEMU {@code tls-creds-x509}. */
final class Tls {
    private static final String CREDENTIALS = "migration-tls-";

    private Tls() {}

    /** The TLS endpoint of a QEMU. */
    enum Endpoint {
        SERVER,
        CLIENT
    }

    /**
     * Adds the TLS credentials to QEMU if TLS is requested.
     *
     * @throws UnderstudyException with {@link FindingCode#OPTION_NOT_USABLE} if the host has no certificates
     */
    static MigrationParameters parameters(
            RunningQemu qemu, HostSettings settings, MigrationOptions options, Endpoint end) {
        // QEMU keeps the limits of an earlier migration.
        boolean sends = end == Endpoint.CLIENT;
        long bandwidth = options.bandwidth().orElse(MigrationParameters.DEFAULT_BANDWIDTH);
        Duration downtime = options.downtimeLimit().orElse(MigrationParameters.DEFAULT_DOWNTIME);
        return new MigrationParameters(
                sends ? OptionalLong.of(bandwidth) : OptionalLong.empty(),
                sends ? Optional.of(downtime) : Optional.empty(),
                options.multifdChannels(),
                Optional.of(options.tls() ? credentials(qemu, settings, end) : ""),
                Optional.empty());
    }

    private static String credentials(RunningQemu qemu, HostSettings settings, Endpoint end) {
        Path directory = settings.tlsDirectory()
                .orElseThrow(
                        () -> new UnderstudyException(
                                "Host " + settings.name() + " has no TLS certificates",
                                List.of(
                                        Finding.of(
                                                FindingCode.OPTION_NOT_USABLE,
                                                "host " + settings.name(),
                                                "TLS is requested, but host " + settings.name()
                                                        + " has no option 'tls-directory'",
                                                "Set the host option 'tls-directory' to a folder with ca-cert.pem, server-cert.pem and client-cert.pem."))));
        String endpoint = end.name().toLowerCase(Locale.ROOT);
        String id = CREDENTIALS + endpoint;
        if (!qemu.execute(QmpCommands.qomList("/objects")).contains(id)) {
            qemu.execute(QmpCommands.objectAdd(
                    qemu.client().version(),
                    "tls-creds-x509",
                    id,
                    Map.of("dir", directory.toString(), "endpoint", endpoint, "verify-peer", true)));
        }
        return id;
    }
}
