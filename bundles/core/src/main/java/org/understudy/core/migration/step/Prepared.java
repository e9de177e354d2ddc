// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.step;

import java.util.Set;
import org.understudy.api.Alias;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.core.migration.context.VmSnapshot;

/**
 * A migration after step 2: the destination QEMU waits for the VM.
 *
 * @param withoutVf primaries that arrive without their VF, as none was free
 * @param request what the destination was prepared for
 * @param rollback receives the rollback actions of the later steps
 */
public record Prepared(
        VmSnapshot snapshot,
        MigrationStrategy strategy,
        Set<Alias> withoutVf,
        IncomingRequest request,
        IncomingMigration incoming,
        Rollback rollback) {

    /** True if this server unplugs and plugs primaries, not QEMU. */
    boolean isExplicit() {
        return strategy == MigrationStrategy.EXPLICIT;
    }
}
