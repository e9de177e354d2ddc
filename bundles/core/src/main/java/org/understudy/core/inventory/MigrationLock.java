// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Migrations;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmAddress;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;

/** Rejects operations on a VM that is being migrated. */
public record MigrationLock(Migrations migrations) {

    /** @throws UnderstudyException {@link ErrorCode#MIGRATION_IN_PROGRESS} */
    public void requireNoMigration(VmAddress vm) {
        migrations.list().stream()
                .filter(m -> m.isRunning() && m.isOf(vm))
                .findFirst()
                .ifPresent(m -> {
                    throw new UnderstudyException(
                            ErrorCode.MIGRATION_IN_PROGRESS,
                            "VM '" + vm + "' is being migrated to " + m.destination() + " (" + m.id() + ")");
                });
    }

    /** Whether a migration of the host's VM is running, started by this server or observed. */
    public boolean isMigrating(HostName host, VmName vm) {
        return migrations.list().stream().anyMatch(m -> m.isRunning() && m.isOf(host, vm));
    }

    /** Whether a migration of the VM is running according to this server or to the host, which may know of it earlier. */
    public boolean isMigrating(VmName vm, Host host) {
        return isMigrating(host.name(), vm)
                || host.incoming(vm).isPresent()
                || host.outgoing(vm).filter(o -> !o.progress().phase().isOver()).isPresent();
    }

    /** Whether this server migrates the host's VM; false for an observed migration. */
    public boolean isMigratedByThisServer(HostName host, VmName vm) {
        return migrations.list().stream().anyMatch(m -> m.isRunning() && m.isOf(host, vm) && !m.isWatched());
    }
}
