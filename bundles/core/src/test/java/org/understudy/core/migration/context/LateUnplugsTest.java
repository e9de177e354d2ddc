// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.core.migration.MigrationBench.PRIMARY;
import static org.understudy.core.migration.MigrationBench.VM;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.testing.VirtualTimeScheduler;
import org.understudy.core.migration.MigrationBench;
import org.understudy.core.testing.FakeHost;
import org.understudy.core.testing.FakeHost.Fault;

/** Events wait neither for a disk nor for another host, and pending unplugs are on disk in time. */
class LateUnplugsTest {
    private static final VmName OTHER = new VmName("db1");

    private final VirtualTimeScheduler time = new VirtualTimeScheduler();
    private final FakeHost a = new FakeHost("a").by(time, time::hang);
    private final FakeHost b = new FakeHost("b").by(time, time::hang);
    private final SlowDisk disk = new SlowDisk();
    private final UnplugGuard unplugGuard = new UnplugGuard(disk, time);

    /** Keeps what was written; writes wait while it is held. */
    private static final class SlowDisk implements PendingUnplug.Store {
        private final List<List<PendingUnplug>> written = new CopyOnWriteArrayList<>();
        private volatile CountDownLatch free = new CountDownLatch(0);

        @Override
        public List<PendingUnplug> pendingUnplugs() {
            return List.of();
        }

        @Override
        public void keep(List<PendingUnplug> all) {
            try {
                free.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            written.add(all);
        }

        List<PendingUnplug> last() {
            return written.get(written.size() - 1);
        }
    }

    @AfterEach
    void close() {
        disk.free.countDown();
        a.without(Fault.values());
        time.flow();
        unplugGuard.close();
        time.close();
    }

    private void pending(FakeHost host, VmName vm) {
        host.running(vm.value(), MigrationBench.DEFINITION, PRIMARY);
        unplugGuard.unplugPending(host.name(), vm, MigrationBench.pair(PRIMARY, PrimaryKind.VF));
    }

    private List<String> pendingOnDisk() {
        return disk.last().stream().map(p -> p.host() + " " + p.vm()).toList();
    }

    @Test
    void isOnDiskBeforeTheMigrationContinues() {
        pending(a, VM);
        pending(b, OTHER);

        assertThat(pendingOnDisk()).containsExactly("a web1", "b db1");
    }

    @Test
    void diskThatHangsDelaysNoEvent() throws Exception {
        pending(a, VM);
        pending(b, OTHER);
        disk.free = new CountDownLatch(1);

        CompletableFuture<Void> events = CompletableFuture.runAsync(() -> {
            unplugGuard.onEvent(a, new HostEvent.DevicePlugged(VM, Instant.now(), PRIMARY));
            unplugGuard.onEvent(b, new HostEvent.Stopped(OTHER, Instant.now(), "guest shutdown"));
        });

        events.get(1, TimeUnit.MINUTES);
        assertThat(pendingOnDisk()).hasSize(2);
        disk.free.countDown();
        MigrationBench.soon().untilAsserted(() -> assertThat(pendingOnDisk()).isEmpty());
    }

    @Test
    void whatEventsChangedIsOnDiskOnceItIsClosed() {
        pending(a, VM);
        unplugGuard.onEvent(a, new HostEvent.Stopped(VM, Instant.now(), "guest shutdown"));

        time.flow();
        unplugGuard.close();

        assertThat(pendingOnDisk()).isEmpty();
    }

    @Test
    void hostThatHangsDelaysNoOther() {
        pending(a, VM);
        pending(b, OTHER);
        a.with(Fault.FIND_HANGS);
        unplugGuard.onOpened(a);

        b.vm(OTHER).release(PRIMARY);
        unplugGuard.onEvent(b, new HostEvent.DeviceGone(OTHER, Instant.now(), PRIMARY));

        MigrationBench.soon().until(() -> b.calls().contains("plug ua-vf0"));
        MigrationBench.soon().untilAsserted(() -> assertThat(pendingOnDisk()).containsExactly("a web1"));
        assertThat(unplugGuard.findings(b, OTHER, List.of(MigrationBench.pair(PRIMARY, PrimaryKind.VF)), Duration.ZERO))
                .isEmpty();
    }
}
