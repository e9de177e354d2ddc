// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.understudy.api.BulkMigration;
import org.understudy.api.MigrationOptions;

/** The VMs of one bulk migration. Guarded by the monitor of {@link BulkMigrationService}. */
final class BulkQueue {
    private final String id;
    private final Instant created;
    private final List<QueuedVm> vms;
    private final MigrationOptions options;
    private Optional<Instant> ended = Optional.empty();
    private long revision;

    BulkQueue(String id, Instant created, List<QueuedVm> vms, MigrationOptions options) {
        this.id = id;
        this.created = created;
        this.vms = List.copyOf(vms);
        this.options = options;
    }

    String id() {
        return id;
    }

    List<QueuedVm> vms() {
        return vms;
    }

    MigrationOptions options() {
        return options;
    }

    boolean isRunning() {
        return ended.isEmpty();
    }

    /** Counts a change, and sets the end with the last one. */
    BulkMigration changed(Instant now) {
        revision++;
        if (ended.isEmpty() && vms.stream().allMatch(QueuedVm::isOver)) {
            ended = Optional.of(now);
        }
        return view();
    }

    BulkMigration view() {
        return new BulkMigration(
                id, revision, created, ended, vms.stream().map(QueuedVm::view).toList());
    }
}
