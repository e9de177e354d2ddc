// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.nio.file.Path;
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

/** The parameters of a migration, with its encryption. Source: QEMU {@code tls-creds-x509}. */
final class Tls {
    private static final String CREDENTIALS = "migration-tls-";

    private Tls() {}

    /** Which end of the stream a QEMU is. */
    enum End {
        SERVER,
        CLIENT
    }

    /**
     * Gives QEMU the certificates if TLS is wanted.
     *
     * @throws UnderstudyException with {@link FindingCode#OPTION_NOT_USABLE} if the host has none
     */
    static MigrationParameters parameters(RunningQemu qemu, HostSettings settings, MigrationOptions options, End end) {
        return new MigrationParameters(
                end == End.CLIENT ? options.bandwidth() : OptionalLong.empty(),
                end == End.CLIENT ? options.downtimeLimit() : Optional.empty(),
                options.multifdChannels(),
                Optional.of(options.tls() ? credentials(qemu, settings, end) : ""),
                Optional.empty());
    }

    private static String credentials(RunningQemu qemu, HostSettings settings, End end) {
        Path directory = settings.tlsDirectory()
                .orElseThrow(
                        () -> new UnderstudyException(
                                "host " + settings.name() + " has no certificates",
                                List.of(
                                        Finding.of(
                                                FindingCode.OPTION_NOT_USABLE,
                                                "host " + settings.name(),
                                                "TLS was asked for, but the host has no option 'tls-directory'",
                                                "Set tls-directory to a folder with ca-cert.pem, server-cert.pem and client-cert.pem."))));
        String endpoint = end.name().toLowerCase(Locale.ROOT);
        String id = CREDENTIALS + endpoint;
        if (!qemu.ask(QmpCommands.qomList("/objects")).contains(id)) {
            qemu.ask(QmpCommands.objectAdd(
                    qemu.client().version(),
                    "tls-creds-x509",
                    id,
                    Map.of("dir", directory.toString(), "endpoint", endpoint, "verify-peer", true)));
        }
        return id;
    }
}
