// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.libvirt.TypedIntParameter;
import org.libvirt.TypedParameter;
import org.libvirt.TypedStringParameter;
import org.libvirt.TypedUlongParameter;
import org.understudy.api.MigrationOptions;
import org.understudy.api.spi.OutgoingRequest;

/** Flags and parameters of a migration by libvirt. Source: virDomainMigrateFlags, VIR_MIGRATE_PARAM_*. */
final class MigrateCall {
    private static final int LIVE = 1;
    private static final int PEER2PEER = 1 << 1;
    private static final int PERSIST_DEST = 1 << 3;
    private static final int UNDEFINE_SOURCE = 1 << 4;
    private static final int AUTO_CONVERGE = 1 << 13;
    private static final int TLS = 1 << 16;
    private static final int PARALLEL = 1 << 17;
    private static final long MEBIBYTE = 1024 * 1024;
    /** QEMU's default. Source: {@code DEFAULT_MIGRATE_SET_DOWNTIME} in migration/options.c. */
    private static final Duration DEFAULT_DOWNTIME = Duration.ofMillis(300);

    private final OutgoingRequest request;

    MigrateCall(OutgoingRequest request) {
        this.request = request;
    }

    /** Blocks until the VM has left, or the migration has failed. */
    void run(Domain domain) throws LibvirtException {
        MigrationOptions options = request.options();
        // QEMU keeps the limit of an earlier migration; libvirt resets the bandwidth by itself.
        domain.migrateSetMaxDowntime(
                options.downtimeLimit().orElse(DEFAULT_DOWNTIME).toMillis());
        domain.migrateToURI(
                PeerAddress.parse(request.uri()).libvirt(), parameters().toArray(TypedParameter[]::new), flags());
    }

    private int flags() {
        MigrationOptions options = request.options();
        return LIVE
                | PEER2PEER
                | PERSIST_DEST
                | UNDEFINE_SOURCE
                | (options.autoConverge() ? AUTO_CONVERGE : 0)
                | (options.tls() ? TLS : 0)
                | (options.multifdChannels().isPresent() ? PARALLEL : 0);
    }

    private List<TypedParameter> parameters() {
        List<TypedParameter> parameters = new ArrayList<>();
        parameters.add(new TypedStringParameter("destination_xml", request.liveDefinition()));
        parameters.add(new TypedStringParameter("persistent_xml", request.configuredDefinition()));
        PeerAddress.parse(request.uri())
                .data()
                .ifPresent(data -> parameters.add(new TypedStringParameter("migrate_uri", data)));
        // libvirt's unit is MiB/s; a smaller limit must not become 0, which means unlimited.
        request.options()
                .bandwidth()
                .ifPresent(b -> parameters.add(new TypedUlongParameter("bandwidth", Math.max(1, b / MEBIBYTE))));
        request.options()
                .multifdChannels()
                .ifPresent(n -> parameters.add(new TypedIntParameter("parallel.connections", n)));
        return parameters;
    }
}
