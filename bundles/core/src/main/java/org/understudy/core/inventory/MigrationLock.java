// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import org.understudy.api.ErrorCode;
import org.understudy.api.Migrations;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;

/** Refuses what would disturb a VM that is being migrated. */
public record MigrationLock(Migrations migrations) {

    /** @throws UnderstudyException {@link ErrorCode#MIGRATION_IN_PROGRESS} */
    public void require(VmName vm) {
        migrations.list().stream()
                .filter(m -> m.isRunning() && m.vm().equals(vm))
                .findFirst()
                .ifPresent(m -> {
                    throw new UnderstudyException(
                            ErrorCode.MIGRATION_IN_PROGRESS,
                            "VM '" + vm + "' is being migrated to " + m.destination() + " (" + m.id() + ")");
                });
    }

    /** True if a migration of the VM runs, whoever began it. */
    public boolean isMoving(VmName vm) {
        return migrations.list().stream().anyMatch(m -> m.isRunning() && m.vm().equals(vm));
    }

    /** The same as the host sees it, who may know of one that this server has not heard of yet. */
    public boolean isMoving(VmName vm, Host host) {
        return isMoving(vm)
                || host.incoming(vm).isPresent()
                || host.outgoing(vm).filter(o -> !o.progress().phase().isOver()).isPresent();
    }

    /** True if this server itself migrates the VM; not where it only watches what somebody else began. */
    public boolean isMovedFromHere(VmName vm) {
        return migrations.list().stream().anyMatch(m -> m.isRunning() && m.vm().equals(vm) && !m.isWatched());
    }
}
