// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;

/** Both hosts of a migration, kept open with their options until this is closed. */
public record HeldHosts(Subscription source, Subscription destination) implements Subscription {

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} if one of them is no longer open */
    public static HeldHosts of(Hosts hosts, MigrationId id, Host source, Host destination) {
        Subscription first = hosts.hold(source, "migration " + id);
        try {
            return new HeldHosts(first, hosts.hold(destination, "migration " + id));
        } catch (RuntimeException | Error e) {
            first.close();
            throw e;
        }
    }

    /** Why no migration between these hosts may start: it would delay new options of one of them even longer. */
    public static List<Finding> obstacles(Hosts hosts, HostName source, HostName destination) {
        return Stream.of(source, destination)
                .distinct()
                .flatMap(name -> hosts.pendingChange(name).stream())
                .map(f -> f.as(Severity.ERROR))
                .toList();
    }

    @Override
    public void close() {
        source.close();
        destination.close();
    }
}
