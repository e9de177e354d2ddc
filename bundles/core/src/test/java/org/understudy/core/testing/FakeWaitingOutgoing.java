// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import java.util.Optional;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;

/**
 * The command of a second server to a host that switches by itself, as of libvirt: it waits for the first migration, shows
 * that one as its own, and a cancel ends that one.
 */
final class FakeWaitingOutgoing implements OutgoingMigration {
    private final FakeOutgoing first;

    FakeWaitingOutgoing(FakeOutgoing first) {
        this.first = first;
    }

    @Override
    public MigrationProgress progress() {
        MigrationProgress shown = first.progress();
        return shown.phase().isOver()
                ? new MigrationProgress(MigrationPhase.FAILED, 0, 0, Optional.empty(), "the VM is not running")
                : shown;
    }

    @Override
    public boolean switchesByItself() {
        return true;
    }

    @Override
    public void continueToSwitch() {}

    @Override
    public void cancel() {
        first.cancel();
    }

    @Override
    public void resumeOnSource() {
        first.resumeOnSource();
    }

    @Override
    public void finish() {
        first.finish();
    }
}
