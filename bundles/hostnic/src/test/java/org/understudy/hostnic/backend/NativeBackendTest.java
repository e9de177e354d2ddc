// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.PfView;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;
import org.understudy.api.spi.VfSettings;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.hostnic.backend.SriovBackend.Inventory;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;
import org.understudy.hostnic.backend.SriovBackend.LeaseToken;

/** Runs the real library on file trees in a temporary folder; the JVM checks every call (-Xcheck:jni). */
class NativeBackendTest {
    private static final LeaseOwner WEB1 = new LeaseOwner("s1:alpha", "web1", "ua-vf0");
    private static final LeaseOwner WEB2 = new LeaseOwner("s2:alpha", "web2", "ua-vf0");
    private static final VfSettings SETTINGS = new VfSettings(
            new MacAddress("52:54:00:11:22:33"), 0, Optional.empty(), Optional.empty(), true, OptionalInt.empty());

    private static final String WATCHERS = "watchers-test";
    private static final ExecutorService THREADS = SystemScheduler.process().pool(WATCHERS);

    @TempDir(factory = InMemory.class)
    Path folder;

    private SysTree tree;

    @BeforeEach
    void load() throws IOException {
        assertThat(NativeLibrary.instance().obstacle()).isEmpty();
        tree = new SysTree(folder);
    }

    private NativeBackend backend() {
        return new NativeBackend(tree.places(), "s1:alpha", "", THREADS);
    }

    private VfView vf(int pf, int index) {
        return backend().read().vfs().stream()
                .filter(vf -> vf.address().equals(SysTree.vf(pf, index)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void readsAMachineWith4096Vfs() throws IOException {
        tree.with(32, 128);

        Inventory inventory = backend().read();

        assertThat(inventory.findings()).isEmpty();
        assertThat(inventory.pfs())
                .hasSize(32)
                .first()
                .isEqualTo(new PfView(
                        SysTree.pf(0),
                        Optional.of("eno0"),
                        "8086",
                        "10c9",
                        Optional.of("igb"),
                        128,
                        128,
                        Optional.empty(),
                        OptionalInt.of(0)));
        assertThat(inventory.vfs()).hasSize(4096).allMatch(vf -> vf.state() == VfState.FREE);
        assertThat(inventory.vfs().get(129)).satisfies(vf -> {
            assertThat(vf.address()).isEqualTo(SysTree.vf(1, 1));
            assertThat(vf.pfName()).isEqualTo("eno1");
            assertThat(vf.index()).isEqualTo(1);
            assertThat(vf.device()).isEqualTo("10ca");
            assertThat(vf.driver()).contains("igbvf");
            assertThat(vf.numaNode()).hasValue(1);
            assertThat(vf.iommuGroup()).hasValue(1001);
            assertThat(vf.iommuShared()).contains(false);
            assertThat(vf.iommuPeers()).isEmpty();
            assertThat(vf.vfio()).isEqualTo(VfioReadiness.NO_DRIVER);
        });
    }

    @Test
    void readsAMachineWithoutSriov() {
        assertThat(backend().read()).isEqualTo(new Inventory(List.of(), List.of(), List.of()));
    }

    @Test
    void reportsBrokenFunctionsAndReadsTheOthers() throws IOException {
        tree.with(3, 4);
        Files.delete(tree.device(SysTree.pf(0)).resolve("virtfn2"));
        SysTree.write(tree.device(SysTree.pf(1)), "sriov_numvfs", "garbage");
        Files.delete(tree.device(SysTree.pf(2)).resolve("vendor"));

        Inventory inventory = backend().read();

        assertThat(inventory.vfs()).hasSize(3 + 4);
        assertThat(inventory.findings()).hasSize(3);
        assertThat(inventory.findings().get(0).remedy()).isNotEmpty();
    }

    @Test
    void failsWithAReasonWithoutSysfs() {
        NativeBackend missing = new NativeBackend(
                new NativeBackend.Places(
                        "/no/such/place", "", "", folder.resolve("links").toString(), ""),
                "s1:a",
                "",
                THREADS);

        assertThatThrownBy(missing::read)
                .isInstanceOf(UnderstudyException.class)
                .hasMessageContaining("/no/such/place");
    }

    @Test
    void leasesAVfOnceAndReportsItsHolder() throws IOException {
        tree.with(1, 4);

        LeaseToken token = backend().lease(SysTree.vf(0, 1), WEB1).orElseThrow();

        assertThat(backend().lease(SysTree.vf(0, 1), WEB1)).contains(token);
        assertThat(backend().lease(SysTree.vf(0, 1), WEB2)).isEmpty();
        assertThat(vf(0, 1).state()).isEqualTo(VfState.LEASED);
        assertThat(vf(0, 1).holder()).contains(new VfView.Holder("web1", "ua-vf0", "s1:alpha", token.fencing(), true));
    }

    @Test
    void ignoresTheReleaseOfAnOutdatedToken() throws IOException {
        tree.with(1, 4);
        LeaseToken old = backend().lease(SysTree.vf(0, 1), WEB1).orElseThrow();
        backend().release(old);
        LeaseToken fresh = backend().lease(SysTree.vf(0, 1), WEB2).orElseThrow();

        backend().release(old);

        assertThat(fresh.fencing()).isGreaterThan(old.fencing());
        assertThat(vf(0, 1).holder().orElseThrow().vm()).isEqualTo("web2");
        assertThat(vf(0, 1).holder().orElseThrow().ours()).isFalse();
    }

    @Test
    void keepsTheLeaseOfAVanishedVfUntilItReappears() throws IOException {
        tree.with(1, 4);
        LeaseToken token = backend().lease(SysTree.vf(0, 3), WEB1).orElseThrow();
        SysTree.write(tree.device(SysTree.pf(0)), "sriov_numvfs", "0");

        assertThat(backend().read().vfs()).isEmpty();
        assertThat(backend().lease(SysTree.vf(0, 3), WEB1)).isEmpty();
        backend().release(token);
        SysTree.write(tree.device(SysTree.pf(0)), "sriov_numvfs", "4");

        backend().release(token);
        assertThat(vf(0, 3).state()).isEqualTo(VfState.FREE);
    }

    @Test
    void leasesEachVfToOneOfManyThreads() throws IOException {
        tree.with(1, 8);

        List<Optional<LeaseToken>> tokens = IntStream.range(0, 64)
                .parallel()
                .mapToObj(i -> backend().lease(SysTree.vf(0, i % 8), new LeaseOwner("s1:alpha", "vm" + i, "ua-vf0")))
                .toList();

        assertThat(tokens.stream().flatMap(Optional::stream).map(LeaseToken::vf))
                .hasSize(8)
                .doesNotHaveDuplicates();
        assertThat(tokens.stream().flatMap(Optional::stream).map(LeaseToken::fencing))
                .hasSize(8)
                .doesNotHaveDuplicates();
    }

    @Test
    void doesNotLeaseAForeignOrMissingVf() throws IOException {
        tree.with(1, 4);
        tree.bind(0, 1, "vfio-pci");

        assertThat(vf(0, 1).state()).isEqualTo(VfState.FOREIGN);
        assertThat(vf(0, 1).reason()).contains("vfio-pci");
        assertThat(backend().lease(SysTree.vf(0, 1), WEB1)).isEmpty();
        assertThat(backend().lease(PciAddress.parse("ff:1f.7"), WEB1)).isEmpty();
    }

    @Test
    void adoptsAVfThatWasBoundBeforehandIfNoProgramHasItOpen() throws IOException {
        tree.with(1, 2);
        tree.bind(0, 1, "vfio-pci");

        assertThat(vf(0, 1).isReserved()).isTrue();
        assertThat(backend().adopt(SysTree.vf(0, 1), WEB1))
                .as("its group cannot be opened")
                .isEmpty();
        Files.createFile(folder.resolve("dev/vfio/1"));
        LeaseToken token = backend().adopt(SysTree.vf(0, 1), WEB1).orElseThrow();
        assertThat(vf(0, 1).state()).isEqualTo(VfState.LEASED);

        backend().release(token);
        assertThat(vf(0, 1).isReserved()).isTrue();
    }

    @Test
    void reportsTheSignsOfUse() throws IOException {
        tree.with(2, 2);
        Files.createDirectories(tree.device(SysTree.vf(0, 0)).resolve("net"));
        Files.createDirectories(tree.device(SysTree.vf(0, 1)).resolve("vdpa0"));
        SysTree.write(tree.device(SysTree.pf(1)), "class", "0x0b4000");

        assertThat(vf(0, 0).state()).isEqualTo(VfState.IN_USE);
        assertThat(vf(0, 0).signs()).containsExactly("network-namespace");
        assertThat(vf(0, 1).signs()).containsExactly("vdpa");
        assertThat(vf(1, 0).state()).isEqualTo(VfState.UNUSABLE);
        assertThat(vf(1, 0).isNetwork()).isFalse();
        assertThat(backend().lease(SysTree.vf(0, 0), WEB1)).isEmpty();
    }

    @Test
    void rejectsAChangeWithAnOutdatedToken() throws IOException {
        tree.with(1, 4);
        LeaseToken token = backend().lease(SysTree.vf(0, 1), WEB1).orElseThrow();
        backend().release(token);

        assertThatThrownBy(() -> backend().prepare(token, SETTINGS))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VF_FAILED));
    }

    @Test
    void watchesUntilTheSubscriptionIsClosed() {
        List<String> ends = new CopyOnWriteArrayList<>();
        Subscription watch = backend().watch(() -> {}, ends::add);
        await().until(() -> watchers() == 1);

        watch.close();

        await().until(() -> watchers() == 0);
        assertThat(ends).isEmpty();
    }

    @Test
    void watchReportsLeasesAndReleasesOfOtherPrograms() throws IOException {
        tree.with(1, 4);
        AtomicInteger changes = new AtomicInteger();
        Subscription watch = backend().watch(changes::incrementAndGet, reason -> {});

        LeaseToken token = backend().lease(SysTree.vf(0, 0), WEB2).orElseThrow();
        await().until(() -> changes.get() > 0);
        await().until(() -> vf(0, 0).state() == VfState.LEASED);
        int before = changes.get();
        backend().release(token);

        await().until(() -> changes.get() > before);
        watch.close();
    }

    private static int watchers() {
        return SystemScheduler.usage().stream()
                .filter(pool -> pool.name().equals(WATCHERS))
                .mapToInt(SystemScheduler.Usage::active)
                .sum();
    }
}
