// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.PrimaryPresence;

/** QEMU waits 30 s for a guest that does not release its primary before a cancelled migration ends. */
final class StubbornGuestIT extends TwoLibvirtds {
    @Test
    void keepsTheGuestAndItsPrimaryIfTheGuestNeverReleasesIt() {
        run("acpiphp.disable=1 understudy.noeject=1");
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = a.startOutgoing(outgoing(in));
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.WAIT_UNPLUG);

        out.cancel();
        await().atMost(LIMIT).until(() -> out.progress().phase() == MigrationPhase.CANCELLED);
        in.abort();

        assertThat(b.find(WEB)).isEmpty();
        assertThat(a.find(WEB).map(HostedVm::state)).contains(VmState.RUNNING);
        assertThat(a.primaryPresence(WEB, PRIMARY)).isEqualTo(PrimaryPresence.ENABLED);
    }
}
