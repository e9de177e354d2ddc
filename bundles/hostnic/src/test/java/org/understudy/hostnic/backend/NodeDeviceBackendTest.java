// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.spi.HostDevices;
import org.understudy.hostnic.backend.SriovBackend.Inventory;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;
import org.understudy.hostnic.backend.SriovBackend.LeaseToken;

/** Uses node devices of the emulated host with libvirt 11.3, where a VM has the first and third VF. */
class NodeDeviceBackendTest {
    private static final PciAddress VF = PciAddress.parse("01:10.2");
    private static final LeaseToken TOKEN = new LeaseToken(VF, new LeaseOwner("s1:alpha", "web1", "ua-vf0"), 7);

    private final FakeRunner virsh = new FakeRunner("virsh");
    private final NodeDeviceBackend backend = new NodeDeviceBackend(new Virsh(virsh));

    private static String devices() throws IOException {
        try (InputStream file = NodeDeviceBackendTest.class.getResourceAsStream("/node-devices.xml")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private Inventory read(String devices) {
        virsh.answer(0, "pci_0000_01_00_0\npci_0000_01_10_0\n\n", "");
        virsh.answer(0, devices, "");
        return backend.read();
    }

    @Test
    void readsPfsAndVfsFromLibvirt() throws IOException {
        Inventory inventory = read(devices());

        assertThat(virsh.calls())
                .containsExactly(
                        "nodedev-list --cap net,pci",
                        "nodedev-dumpxml pci_0000_01_00_0; nodedev-dumpxml pci_0000_01_10_0");
        assertThat(inventory.pfs()).singleElement().satisfies(pf -> {
            assertThat(pf.address()).isEqualTo(PciAddress.parse("01:00.0"));
            assertThat(pf.netdev()).contains("enp1s0");
            assertThat(pf.driver()).contains("igb");
            assertThat(List.of(pf.vendor(), pf.device())).containsExactly("8086", "10c9");
            assertThat(List.of(pf.totalVfs(), pf.vfs())).containsExactly(7, 7);
        });
        assertThat(inventory.vfs()).extracting(VfView::index).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(inventory.vfs().get(1)).satisfies(vf -> {
            assertThat(vf.address()).isEqualTo(VF);
            assertThat(vf.pfName()).isEqualTo("enp1s0");
            assertThat(vf.device()).isEqualTo("10ca");
            assertThat(vf.driver()).contains("igbvf");
            assertThat(vf.netdev()).contains("enp1s0v1");
            assertThat(vf.iommuGroup()).hasValue(7);
            assertThat(vf.iommuShared()).contains(false);
            assertThat(vf.mac()).isEmpty();
        });
    }

    @Test
    void readsTheOtherDevicesBesideAnOddOne() throws IOException {
        String odd = """
                <device><name>pci_10000_e1_00_0</name><capability type='pci'><class>0x010802</class><domain>65536</domain>
                <bus>225</bus><slot>0</slot><function>0</function><product id='0xa824'/><vendor id='0x144d'/>
                <capability type='virt_functions' maxCount='32'><address domain='0x10000' bus='0xe1' slot='0x01' function='0x0'/>
                </capability></capability></device>
                <device><name>pci_10000_e1_01_0</name><capability type='pci'><class>0x010802</class><domain>65536</domain>
                <bus>225</bus><slot>1</slot><function>0</function><product id='0xa824'/><vendor id='0x144d'/></capability></device>
                <device><name>pci_odd</name><capability type='pci'><domain>4294967296</domain><bus>1</bus><slot>0</slot>
                <function>0</function></capability></device>
                """;

        Inventory inventory = read(odd + devices());

        assertThat(inventory.pfs())
                .extracting(pf -> pf.address().toString())
                .containsExactly("0000:01:00.0", "10000:e1:00.0");
        assertThat(inventory.vfs())
                .hasSize(8)
                .filteredOn(vf -> !vf.isNetwork())
                .singleElement()
                .satisfies(vf -> assertThat(vf.address()).isEqualTo(PciAddress.parse("10000:e1:01.0")));
        assertThat(inventory.findings())
                .first()
                .satisfies(f -> assertThat(f.subject()).isEqualTo("pci_odd"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<device><name>pci_bad</name><capability type='pci'><product id='1'>\u0001</product></capability></device>",
                "<device><name>pci_bad</name><capability type='pci'><bus>1</bus></capability></device>",
                "<device><name>pci_bad</name><capability type='pci'><domain>x</domain><bus>1</bus><slot>0</slot>"
                        + "<function>0</function></capability></device>"
            })
    void readsTheOtherDevicesBesideOneThatCannotBeParsed(String bad) throws IOException {
        Inventory inventory = read(bad + devices());

        assertThat(inventory.vfs()).hasSize(7);
        assertThat(inventory.findings())
                .hasSize(7)
                .first()
                .satisfies(f -> assertThat(f.remedy()).contains("virsh nodedev-dumpxml"));
    }

    @Test
    void doesNotTakeARepresentorForTheNetdevOfAPf() throws IOException {
        assertThat(read(representor("enp1s0_0") + devices() + representor("enp1s0_1"))
                        .pfs())
                .singleElement()
                .satisfies(pf -> assertThat(pf.netdev()).contains("enp1s0"));

        Inventory unknown = read(representor("aa11") + devices());
        assertThat(unknown.pfs())
                .singleElement()
                .satisfies(pf -> assertThat(pf.netdev()).isEmpty());
        assertThat(unknown.findings())
                .first()
                .satisfies(f -> assertThat(f.message()).contains("aa11, enp1s0"));
    }

    private static String representor(String name) {
        return "<device><name>net_%s_00_00_00_00_00_01</name><parent>pci_0000_01_00_0</parent><capability type='net'><interface>%s</interface></capability></device>"
                .formatted(name, name);
    }

    @Test
    void reportsNoVfAsFree() throws IOException {
        List<VfView> vfs = read(devices()).vfs();

        assertThat(vfs).extracting(VfView::state).containsOnly(VfState.FOREIGN);
        assertThat(vfs.get(0).reason()).contains("vfio-pci");
        assertThat(vfs.get(1).reason()).contains("state unknown");
    }

    @Test
    void reportsEachMissingAbility() throws IOException {
        assertThat(read(devices()).findings())
                .hasSize(6)
                .allSatisfy(f -> assertThat(f.code()).isEqualTo(FindingCode.NIC_ACCESS_LIMITED))
                .allSatisfy(f -> assertThat(f.remedy()).startsWith("Install understudy-vf"))
                .anySatisfy(f -> assertThat(f.message()).contains("lease"))
                .anySatisfy(f -> assertThat(f.message()).contains("bind"))
                .anySatisfy(f -> assertThat(f.message()).contains("configure"))
                .anySatisfy(f -> assertThat(f.message()).contains("ports of a bond"))
                .anySatisfy(f -> assertThat(f.message()).contains("watch"));
    }

    @Test
    void readsTheNumaNodeAndAPfWithoutVfs() {
        Inventory inventory = read("""
                <device><name>pci_0000_3b_00_1</name><capability type='pci'><domain>0</domain><bus>59</bus><slot>0</slot>
                <function>1</function><product id='0x1015'/><vendor id='0x15b3'>Mellanox</vendor>
                <capability type='virt_functions' maxCount='8'/><numa node='1'/></capability></device>
                """);

        assertThat(inventory.vfs()).isEmpty();
        assertThat(inventory.pfs()).singleElement().satisfies(pf -> {
            assertThat(pf.address()).isEqualTo(PciAddress.parse("3b:00.1"));
            assertThat(pf.numaNode()).hasValue(1);
            assertThat(pf.totalVfs()).isEqualTo(8);
            assertThat(pf.vfs()).isZero();
            assertThat(pf.netdev()).isEmpty();
        });
    }

    @Test
    void reportsVfsThatVanishDuringTheRead() throws IOException {
        String less = devices().replaceAll("(?s)<device>\\s*<name>pci_0000_01_10_2</name>.*?</device>", "");

        Inventory inventory = read(less);

        assertThat(inventory.vfs()).hasSize(6).extracting(VfView::index).doesNotContain(1);
        assertThat(inventory.findings())
                .first()
                .satisfies(f -> assertThat(f.message()).startsWith("PF 0000:01:00.0: 1 of 7 VFs"));
    }

    @Test
    void rejectsEveryChange() {
        List<ThrowingCallable> changes = List.of(
                () -> backend.lease(VF, TOKEN.leaseOwner()),
                () -> backend.forward(TOKEN, true),
                () -> backend.release(TOKEN));

        assertThat(backend.readOnly()).isPresent();
        assertThat(changes)
                .allSatisfy(change -> assertThatThrownBy(change)
                        .isInstanceOfSatisfying(
                                UnderstudyException.class,
                                e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED)));
        assertThat(virsh.calls()).isEmpty();
    }

    @Test
    void reportsThatBothProgramsAreMissing() {
        virsh.answer(127, "", "sh: 1: virsh: not found");

        assertThatThrownBy(backend::read)
                .hasMessageContaining("Neither understudy-vf nor virsh")
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE));
    }

    @Test
    void reportsWhyLibvirtDoesNotAnswer() {
        virsh.answer(1, "", "error: failed to connect to the hypervisor\nerror: more");

        assertThatThrownBy(backend::read).hasMessageContaining("failed to connect to the hypervisor");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Welcome to alpha!<",
                "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><device>&b;</device>",
                "<device><capability type='pci'><bus>1</bus></capability></device>",
                "<device><capability type='pci'><domain>x</domain><bus>1</bus><slot>0</slot><function>0</function>"
                        + "</capability></device>"
            })
    void rejectsMalformedXml(String garbage) {
        assertThatThrownBy(() -> read(garbage))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE));
    }

    @Test
    void reportsEachEventOfLibvirtAsAChange() {
        AtomicInteger changes = new AtomicInteger();

        backend.watch(changes::incrementAndGet, end -> {});
        virsh.print("event 'lifecycle' for node device net_enp1s0v3_e2_d4_dc_90_31_48: Deleted");

        assertThat(changes).hasValue(1);
        assertThat(virsh.calls()).containsExactly("nodedev-event --event lifecycle --loop");
    }

    @Test
    void readsTheSameOverTheConnectionOfTheHost() throws IOException {
        List<Runnable> listeners = new ArrayList<>();
        AtomicInteger changes = new AtomicInteger();
        List<String> documents = Pattern.compile("(?s)<device>.*?</device>")
                .matcher(devices())
                .results()
                .map(MatchResult::group)
                .toList();
        NodeDeviceBackend own = own(documents, listeners);

        assertThat(own.read().pfs()).isEqualTo(read(devices()).pfs());
        assertThat(own.read().vfs()).hasSize(7).isEqualTo(read(devices()).vfs());
        assertThat(own.read().findings())
                .hasSize(6)
                .allSatisfy(
                        f -> assertThat(f.message()).endsWith("NICs of host beta are accessible through libvirt only"))
                .allSatisfy(f -> assertThat(f.remedy()).contains("access: ssh"));
        assertThat(own.readOnly()).isPresent();

        Subscription watching = own.watch(changes::incrementAndGet, end -> {});
        listeners.forEach(Runnable::run);
        assertThat(changes).hasValue(1);
        watching.close();
        assertThat(listeners).isEmpty();
    }

    private static NodeDeviceBackend own(List<String> documents, List<Runnable> listeners) {
        return new NodeDeviceBackend(new ConnectorDevices(new HostName("beta"), new HostDevices() {
            @Override
            public List<String> devices() {
                return documents;
            }

            @Override
            public Subscription listenForDevices(Runnable changed) {
                listeners.add(changed);
                return () -> listeners.remove(changed);
            }
        }));
    }
}
