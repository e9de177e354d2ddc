// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfDefaults;
import org.understudy.api.VfDefaults.LinkState;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.spi.VfSettings;
import org.understudy.hostnic.backend.SriovBackend.Inventory;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;
import org.understudy.hostnic.backend.SriovBackend.LeaseToken;

class CommandBackendTest {
    private static final PciAddress VF = PciAddress.parse("01:10.2");
    private static final LeaseOwner WEB1 = new LeaseOwner("s1:alpha", "web1", "ua-vf0");
    private static final LeaseToken TOKEN = new LeaseToken(VF, WEB1, 7);

    private final FakeRunner command = new FakeRunner("command");
    private final CommandBackend backend = new CommandBackend(command, "s1:alpha", "libvirt-qemu");

    @Test
    void readsPfsVfsLeasesAndProblems() {
        command.answer(0, """
                {"pfs":[{"address":"0000:01:00.0","netdev":"enp1s0","vendor":"8086","device":"10c9","driver":"igb",
                  "numa":null,"totalvfs":7,"numvfs":2,"vfs":[
                  {"address":"0000:01:10.0","index":0,"state":"free","reason":null,"vendor":"8086","device":"10ca",
                   "driver":"igbvf","netdev":"enp1s0v0","mac":"02:00:00:00:00:01","vlan":0,"trust":false,
                   "spoofchk":true,"numa":null,"iommu_group":5,"iommu_shared":false},
                  {"address":"0000:01:10.2","index":1,"state":"in-use","reason":"IOMMU group 6 is open",
                   "vendor":"8086","device":"10ca","driver":"vfio-pci","netdev":null,"iommu_group":6,
                   "lease":{"owner":"s1:alpha:web1:ua-vf0","fencing":7,"expires":null}},
                  {"address":"0000:01:10.4","index":2,"state":"leased","vendor":"8086","device":"10ca",
                   "lease":{"owner":"another-server","fencing":8}},
                  {"address":"0000:01:10.6","index":3,"state":"unknown-state","vendor":"8086","device":"10ca"}]}],
                 "problems":[{"subject":"0000:02:00.0","message":"it does not say how many VFs it has"}]}
                """, "");

        Inventory inventory = backend.read();

        assertThat(command.calls()).containsExactly("list --json");
        assertThat(inventory.pfs()).singleElement().satisfies(pf -> {
            assertThat(pf.netdev()).contains("enp1s0");
            assertThat(pf.numaNode()).isEmpty();
        });
        assertThat(inventory.vfs())
                .extracting(VfView::state)
                .containsExactly(VfState.FREE, VfState.LEASED, VfState.LEASED, VfState.FAULT);
        assertThat(inventory.vfs().get(0)).satisfies(vf -> {
            assertThat(vf.mac()).contains(new MacAddress("02:00:00:00:00:01"));
            assertThat(vf.vlan()).hasValue(0);
            assertThat(vf.spoofCheck()).contains(true);
            assertThat(vf.holder()).isEmpty();
            assertThat(vf.reason()).isEmpty();
        });
        assertThat(inventory.vfs().get(1).holder()).contains(new VfView.Holder("web1", "ua-vf0", "s1:alpha", 7, true));
        assertThat(inventory.vfs().get(1).trust()).isEmpty();
        assertThat(inventory.vfs().get(2).holder()).contains(new VfView.Holder("", "", "another-server", 8, false));
        assertThat(inventory.findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.NIC_ACCESS_LIMITED);
            assertThat(f.subject()).isEqualTo("0000:02:00.0");
        });
    }

    @Test
    void reportsAStateDirectoryWithoutSpaceAsSuch() {
        command.answer(
                0,
                "{\"pfs\":[],\"problems\":[{\"subject\":\"state directory\",\"message\":\"0 KiB left\",\"storage\":true}]}",
                "");

        assertThat(backend.read().findings()).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo(FindingCode.STORAGE_FULL);
            assertThat(f.remedy()).startsWith("Free space");
        });
    }

    @Test
    void leasesForAnOwnerThatNamesServerHostVmAndPrimary() {
        command.answer(0, "{\"address\":\"0000:01:10.2\",\"owner\":\"s1:alpha:web1:ua-vf0\",\"fencing\":7}", "");

        assertThat(backend.lease(VF, WEB1)).contains(TOKEN);

        assertThat(command.calls()).containsExactly("lease 0000:01:10.2 --owner s1:alpha:web1:ua-vf0 --json");
    }

    @ParameterizedTest
    @CsvSource({"3", "4"})
    void returnsNoLeaseForAVfThatIsRefusedOrMissing(int status) {
        command.answer(status, "{\"error\":{\"code\":\"refused\",\"message\":\"leased\"}}", "");

        assertThat(backend.lease(VF, WEB1)).isEmpty();
    }

    @Test
    void configuresAndBindsTheLeasedVf() {
        command.answer(0, "", "");
        command.answer(0, "", "");

        backend.prepare(
                TOKEN,
                new VfSettings(
                        new MacAddress("52:54:00:11:22:33"),
                        42,
                        Optional.of(true),
                        Optional.of(false),
                        true,
                        OptionalInt.empty()));

        assertThat(command.calls())
                .containsExactly(
                        "configure 0000:01:10.2 --owner s1:alpha:web1:ua-vf0 --fencing 7 --defaults --mac 52:54:00:11:22:33"
                                + " --vlan 42 --trust on --spoofchk off --json",
                        "bind 0000:01:10.2 --owner s1:alpha:web1:ua-vf0 --fencing 7 --user libvirt-qemu --json");
    }

    @Test
    void sendsTheSettingsOfThePool() {
        command.answer(0, "", "");

        backend.prepare(
                TOKEN,
                new VfSettings(
                        new MacAddress("52:54:00:11:22:33"),
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        OptionalInt.empty(),
                        new VfDefaults(
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(LinkState.ENABLE),
                                OptionalInt.of(3),
                                OptionalInt.of(10),
                                OptionalInt.of(100),
                                OptionalInt.empty())));

        assertThat(command.calls())
                .singleElement()
                .asString()
                .endsWith("--vlan 0 --link-state enable --qos 3 --min-rate 10 --max-rate 100 --json");
    }

    @Test
    void adoptsAVfThatWasBoundBeforehand() {
        command.answer(0, "{\"address\":\"0000:01:10.2\",\"owner\":\"s1:alpha:web1:ua-vf0\",\"fencing\":7}", "");

        assertThat(backend.adopt(VF, WEB1)).contains(TOKEN);

        assertThat(command.calls()).containsExactly("lease 0000:01:10.2 --owner s1:alpha:web1:ua-vf0 --adopt --json");
    }

    @Test
    void readsTheSignsOfUseAndFunctionsInLargeDomains() {
        command.answer(0, """
                {"pfs":[{"address":"10000:e1:00.0","netdev":"eno1","altnames":"enp1 enx2","master":"bond0","master_kind":"bond","vendor":"8086","device":"10c9",
                  "totalvfs":7,"numvfs":2,"vfs":[
                  {"address":"10000:e1:10.0","index":0,"state":"in-use","reason":"its netdev eno1v0 is up",
                   "signs":["up","address"]},
                  {"address":"not:an:address","index":1,"state":"free"},
                  {"address":"ffffffff:e1:10.2","index":2,"state":"unusable","signs":["pf"]}]}],"problems":[]}
                """, "");

        Inventory inventory = backend.read();

        assertThat(inventory.pfs().get(0)).satisfies(pf -> {
            assertThat(pf.altNames()).containsExactly("enp1", "enx2");
            assertThat(pf.master()).contains("bond0");
            assertThat(pf.masterKind()).contains("bond");
            assertThat(pf.isBonded()).isTrue();
        });
        assertThat(inventory.vfs()).extracting(VfView::state).containsExactly(VfState.IN_USE, VfState.UNUSABLE);
        assertThat(inventory.vfs()).extracting(VfView::signs).containsExactly(List.of("up", "address"), List.of("pf"));
        assertThat(inventory.vfs().get(1).address()).hasToString("ffffffff:e1:10.2");
        assertThat(inventory.findings())
                .singleElement()
                .satisfies(f -> assertThat(f.subject()).isEqualTo("not:an:address"));
    }

    @Test
    void doesNotBindIfTheHostDoes() {
        command.answer(0, "", "");

        backend.prepare(
                TOKEN,
                new VfSettings(
                        new MacAddress("52:54:00:11:22:33"),
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        false,
                        OptionalInt.empty()));

        assertThat(command.calls())
                .singleElement()
                .asString()
                .startsWith("configure")
                .doesNotContain("trust");
    }

    @ParameterizedTest
    @CsvSource({
        "2, INTERNAL",
        "4, VF_FAILED",
        "5, VF_FAILED",
        "6, NOT_PERMITTED",
        "126, HOST_UNAVAILABLE",
        "127, HOST_UNAVAILABLE",
        "139, HOST_UNAVAILABLE"
    })
    void mapsTheExitStatusAndKeepsTheReasonOfTheCommand(int status, ErrorCode code) {
        command.answer(status, "{\"error\":{\"code\":\"x\",\"message\":\"the MAC did not stay\"}}", "");

        assertThatThrownBy(() -> backend.release(TOKEN))
                .hasMessageContaining("the MAC did not stay")
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void keepsTheLeaseOfAVanishedVf() {
        command.answer(3, "{\"error\":{\"code\":\"not-found\",\"message\":\"0000:01:10.2 is no VF\"}}", "");

        backend.release(TOKEN);

        assertThat(command.calls()).hasSize(1);
    }

    @Test
    void reportsTheFirstLineOfStandardErrorWithoutJson() {
        command.answer(127, "", "sh: 1: understudy-vf: not found\nmore");

        assertThatThrownBy(backend::read).hasMessageEndingWith("sh: 1: understudy-vf: not found");
    }

    @Test
    void rejectsMalformedJson() {
        command.answer(0, "Welcome to alpha!", "");

        assertThatThrownBy(backend::read)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE));
    }

    @Test
    void reportsEachLineOfTheWatchAsAChange() {
        AtomicInteger changes = new AtomicInteger();

        backend.watch(changes::incrementAndGet, end -> {});
        command.print("{\"event\":\"pci\",\"action\":\"remove\",\"subject\":\"0000:01:10.2\"}");

        assertThat(command.calls()).containsExactly("watch --json");
        assertThat(changes).hasValue(1);
    }
}
