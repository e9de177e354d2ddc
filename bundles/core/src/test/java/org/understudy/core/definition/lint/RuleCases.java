// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import static org.understudy.api.FindingCode.*;
import static org.understudy.core.definition.lint.Documents.*;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.xml.DomainDocument;

/** Examples of the linter rules: a definition that violates one, its fixed form, and a similar valid definition. */
final class RuleCases {
    private static final String STANDBY = "vm web1, interface ua-standby0";
    private static final String PRIMARY = "vm web1, interface ua-vf0";
    private static final String ROM = "\n      <rom enabled='no'/>";
    private static final String BUS_1 = "bus='0x01' slot='0x00' function='0x0'/>";
    private static final String BUS_2 = "bus='0x02' slot='0x00' function='0x0'/>";

    private RuleCases() {}

    /** A definition and its context. */
    record Given(String document, LintContext context) {
        static Given of(String document) {
            return new Given(document, LintContext.none());
        }
    }

    /**
     * @param messageParts texts that the message must contain: the object and the value
     * @param fixed the whole definition after the fix; empty if there is none
     */
    record RuleCase(
            FindingCode code,
            String name,
            Given broken,
            String subject,
            List<String> messageParts,
            Severity severity,
            Optional<String> fixed,
            Given nearMiss) {
        @Override
        public String toString() {
            return code.id() + ": " + name;
        }

        RuleCase fixed(String document) {
            return new RuleCase(code, name, broken, subject, messageParts, severity, Optional.of(document), nearMiss);
        }

        RuleCase as(Severity other) {
            return new RuleCase(code, name, broken, subject, messageParts, other, fixed, nearMiss);
        }
    }

    static RuleCase rule(
            FindingCode code, String name, Given broken, String subject, List<String> messageParts, Given nearMiss) {
        return new RuleCase(code, name, broken, subject, messageParts, code.severity(), Optional.empty(), nearMiss);
    }

    static RuleCase rule(
            FindingCode code, String name, String broken, String subject, List<String> messageParts, String nearMiss) {
        return rule(code, name, Given.of(broken), subject, messageParts, Given.of(nearMiss));
    }

    static Stream<RuleCase> all() {
        return Stream.of(
                        machine(),
                        macs(),
                        aliases(),
                        addresses(),
                        kinds(),
                        teaming(),
                        memory(),
                        roms(),
                        vfs(),
                        ProtectionCases.all(),
                        hosts())
                .flatMap(List::stream);
    }

    private static List<RuleCase> machine() {
        return List.of(
                rule(
                        MACHINE_WITHOUT_PCIE,
                        "i440fx has conventional PCI only",
                        with("pc-q35-7.2", "pc-i440fx-7.2"),
                        "vm web1",
                        List.of("web1", "'pc-i440fx-7.2'"),
                        with("pc-q35-7.2", "pc-q35-rhel9.4.0")),
                rule(
                        MACHINE_WITHOUT_PCIE,
                        "x86 without a machine type is i440fx",
                        with(" machine='pc-q35-7.2'", ""),
                        "vm web1",
                        List.of("no machine type", "x86_64"),
                        with("arch='x86_64' machine='pc-q35-7.2'", "")),
                rule(
                        MACHINE_WITHOUT_PCIE,
                        "s390x has no PCIe",
                        with("arch='x86_64' machine='pc-q35-7.2'", "arch='s390x' machine='s390-ccw-virtio-9.0'"),
                        "vm web1",
                        List.of("'s390-ccw-virtio-9.0'", "s390x"),
                        with("arch='x86_64' machine='pc-q35-7.2'", "arch='aarch64' machine='virt-9.0'")),
                rule(
                        MACHINE_WITHOUT_PCIE,
                        "another hypervisor has no failover",
                        with("type=\"kvm\"", "type='xen'"),
                        "vm web1",
                        List.of("hypervisor type 'xen'"),
                        with("type=\"kvm\"", "type='hvf'")));
    }

    private static List<RuleCase> macs() {
        String mac = "<mac address=\"52:54:00:aa:BB:01\"/>";
        String other = "<mac address=\"52:54:00:aa:BB:0f\"/>";
        String standbys = "<mac address=\"52:54:00:AA:bb:01\"/>";
        return List.of(
                rule(
                                MAC_MISMATCH,
                                "the primary has another address",
                                with(mac, other),
                                PRIMARY,
                                List.of("ua-vf0", "52:54:00:aa:BB:0f", "ua-standby0", "52:54:00:AA:bb:01"),
                                with(mac, "<mac address='52:54:0:aa:bb:1'/>"))
                        .fixed(with(mac, standbys)),
                rule(
                                MAC_MISMATCH,
                                "the host would generate one for a primary that has none",
                                with("\n      " + mac, ""),
                                PRIMARY,
                                List.of("ua-vf0", "no MAC address", "52:54:00:AA:bb:01"),
                                plain())
                        .fixed(with(mac, standbys.replace('"', '\''))),
                rule(
                        MAC_NOT_UNICAST,
                        "the group bit is set",
                        replace(
                                with("52:54:00:AA:bb:01", "53:54:00:aa:bb:01"),
                                "52:54:00:aa:BB:01",
                                "53:54:00:aa:bb:01"),
                        STANDBY,
                        List.of("ua-standby0", "53:54:00:aa:bb:01"),
                        replace(
                                with("52:54:00:AA:bb:01", "56:54:00:aa:bb:01"),
                                "52:54:00:aa:BB:01",
                                "56:54:00:aa:bb:01")),
                rule(
                        DUPLICATE_MAC,
                        "a plain NIC of the same VM also has it",
                        withDevice("<interface type='user'><mac address='52:54:00:aa:bb:01'/></interface>"),
                        "vm web1, interface 2",
                        List.of("Interface 2", "52:54:00:aa:bb:01", "ua-standby0"),
                        withDevice("<interface type='user'><mac address='52:54:00:aa:bb:02'/></interface>")),
                rule(
                        DUPLICATE_MAC,
                        "another VM on the host also has it",
                        new Given(GOOD, Contexts.usedMacs("52:54:00:aa:bb:01")),
                        STANDBY,
                        List.of("ua-standby0", "52:54:00:aa:bb:01"),
                        new Given(GOOD, Contexts.usedMacs("52:54:00:aa:bb:02"))));
    }

    private static List<RuleCase> aliases() {
        String named = "persistent='ua-standby0'";
        String alias = "<alias name='ua-standby0'/>\n      <address";
        String disk = "<disk type='file' device='disk'><target dev='vda'/><alias name='ua-disk'/></disk>";
        String teaming = "<teaming type='persistent'/>";
        return List.of(
                rule(
                                ALIAS_UNKNOWN,
                                "no device has the alias",
                                with(named, "persistent='ua-gone'"),
                                PRIMARY,
                                List.of("ua-vf0", "'ua-gone'"),
                                with(named, "persistent = \"ua-standby&#48;\""))
                        .fixed(GOOD),
                rule(
                                ALIAS_UNKNOWN,
                                "the primary has no alias of a standby NIC",
                                with(" " + named, ""),
                                PRIMARY,
                                List.of("ua-vf0", "no standby NIC"),
                                GOOD)
                        .fixed(with("type='transient' " + named, named + " type='transient'")),
                rule(
                                ALIAS_UNKNOWN,
                                "the alias is that of the standby NIC with the same MAC",
                                replace(withDevice(SECOND_STANDBY), named, "persistent='ua-gone'"),
                                PRIMARY,
                                List.of("'ua-gone'"),
                                withDevice(SECOND_STANDBY))
                        .fixed(withDevice(SECOND_STANDBY)),
                rule(
                        ALIAS_NOT_PERSISTENT,
                        "the alias is a disk's",
                        replace(withDevice(disk), named, "persistent='ua-disk'"),
                        PRIMARY,
                        List.of("ua-vf0", "'ua-disk'", "<disk>"),
                        withDevice(disk)),
                rule(
                                ALIAS_NOT_PERSISTENT,
                                "the alias is that of a plain NIC",
                                with("\n      " + teaming, ""),
                                PRIMARY,
                                List.of("'ua-standby0'", "<interface>"),
                                GOOD)
                        .fixed(GOOD),
                rule(
                        STANDBY_SHARED,
                        "two primaries refer to one standby NIC",
                        withDevice(SECOND_PRIMARY),
                        "vm web1, interface ua-vf1",
                        List.of("ua-vf1", "'ua-standby0'", "ua-vf0"),
                        withDevice(SECOND_STANDBY
                                + SECOND_PRIMARY
                                        .replace("ua-standby0", "ua-standby1")
                                        .replace("bb:01", "bb:02"))),
                rule(
                                ALIAS_NOT_KEPT,
                                "libvirt drops an alias without ua-",
                                replace(with(alias, alias.replace("ua-", "")), named, "persistent='standby0'"),
                                "vm web1, interface standby0",
                                List.of("'standby0'"),
                                with("<alias name='ua-vf0'/>", "<alias name='hostdev0'/>"))
                        .fixed(GOOD),
                rule(
                                ALIAS_NOT_KEPT,
                                "libvirt drops an alias with a full stop",
                                replace(
                                        with(alias, alias.replace("ua-standby0", "ua-a.b")),
                                        named,
                                        "persistent='ua-a.b'"),
                                "vm web1, interface ua-a.b",
                                List.of("'ua-a.b'"),
                                GOOD)
                        .fixed(replace(
                                with(alias, alias.replace("ua-standby0", "ua-a-b")), named, "persistent='ua-a-b'")),
                rule(
                                ALIAS_NOT_KEPT,
                                "the standby NIC has no alias for its primary",
                                with("\n      " + alias, "\n      <address"),
                                "vm web1, interface 0",
                                List.of("Interface 0", "without an alias"),
                                withDevice("<interface type='bridge'><model type='virtio'/>"
                                        + "<teaming type='persistent'/></interface>"))
                        .fixed(replace(
                                with("\n      " + alias, "\n      <address"),
                                teaming + "\n",
                                teaming + "\n      <alias name='ua-standby0'/>\n")));
    }

    private static List<RuleCase> addresses() {
        String bridge = "<controller type='pci' index='3' model='pcie-to-pci-bridge'/>";
        String rootPort = "\n    <controller type='pci' index='4' model='pcie-root-port'/>";
        String onOwnPort = replace(
                with(PRIMARY_ADDRESS, PRIMARY_ADDRESS.replace("bus='0x02'", "bus='0x04'")), bridge, bridge + rootPort);
        String sound = "<sound model='ich9'><address type='pci' domain='0x0' bus='2' slot='0' function='0x1'/></sound>";
        String port = "<target port='0x11'  hotplug='on'/>";
        return List.of(
                rule(
                                PRIMARY_NOT_ALONE_IN_SLOT,
                                "the primary is function 2",
                                with(BUS_2, "bus='0x02' slot='0x00' function='0x2'/>"),
                                PRIMARY,
                                List.of("ua-vf0", "0000:02:00.2", "not function 0"),
                                with(BUS_2, "bus='0x02' slot='0x00' function='0x2000'/>"))
                        .fixed(onOwnPort),
                rule(
                                PRIMARY_NOT_ALONE_IN_SLOT,
                                "another device has a function of the slot",
                                withDevice(sound),
                                PRIMARY,
                                List.of("ua-vf0", "0000:02:00.0", "shares"),
                                withDevice(sound.replace("bus='2'", "bus='4'")))
                        .fixed(replace(onOwnPort, "\n  </devices>", sound + "\n  </devices>")),
                rule(
                                PRIMARY_NOT_ALONE_IN_SLOT,
                                "the slot is marked for several functions",
                                with(BUS_2, BUS_2.replace("/>", " multifunction='on'/>")),
                                PRIMARY,
                                List.of("ua-vf0", "multifunction='on'"),
                                with(BUS_2, BUS_2.replace("/>", " multifunction='off'/>")))
                        .fixed(onOwnPort),
                rule(
                                PRIMARY_ON_ROOT_BUS,
                                "nothing on pcie.0 can be unplugged",
                                with(BUS_2, "bus='0x00' slot='0x05' function='0x0'/>"),
                                PRIMARY,
                                List.of("ua-vf0", "0000:00:05.0", "pcie.0"),
                                with(BUS_2, "bus='0x00' slot='0x00' function='0x0'/>"))
                        .fixed(onOwnPort),
                rule(
                                PRIMARY_ON_ROOT_BUS,
                                "a bridge to conventional PCI is not a PCIe slot",
                                with(BUS_2, "bus='0x03' slot='0x01' function='0x0'/>"),
                                PRIMARY,
                                List.of("ua-vf0", "0000:03:01.0", "pcie-to-pci-bridge"),
                                with(BUS_2, "bus='0x09' slot='0x00' function='0x0'/>"))
                        .fixed(onOwnPort),
                rule(
                                PRIMARY_ON_ROOT_BUS,
                                "nor can anything on another root bus",
                                replace(
                                        with(BUS_2, "bus='0x03' slot='0x00' function='0x0'/>"),
                                        "pcie-to-pci-bridge",
                                        "pcie-expander-bus"),
                                PRIMARY,
                                List.of("ua-vf0", "0000:03:00.0", "pcie-expander-bus"),
                                with(BUS_2, "bus='0x09' slot='0x00' function='0x0'/>"))
                        .fixed(replace(onOwnPort, "pcie-to-pci-bridge", "pcie-expander-bus")),
                rule(
                                SLOT_NOT_ON_ROOT_PORT,
                                "a root port has one slot",
                                with(BUS_2, BUS_2.replace("slot='0x00'", "slot='0x05'")),
                                PRIMARY,
                                List.of("ua-vf0", "0000:02:05.0", "pcie-root-port", "slot 0 only"),
                                with(BUS_2, "bus='0x09' slot='0x05' function='0x0'/>"))
                        .fixed(onOwnPort),
                rule(
                                SLOT_NOT_ON_ROOT_PORT,
                                "so has that of the standby NIC",
                                with(BUS_1, BUS_1.replace("slot='0x00'", "slot='0x05'")),
                                STANDBY,
                                List.of("ua-standby0", "0000:01:05.0", "pcie-root-port", "slot 0 only"),
                                with(BUS_1, "bus='0x09' slot='0x05' function='0x0'/>"))
                        .fixed(replace(
                                with(BUS_1, BUS_1.replace("bus='0x01'", "bus='0x04'")), bridge, bridge + rootPort)),
                rule(
                                ROOT_PORT_WITHOUT_HOTPLUG,
                                "the port of the primary cannot unplug",
                                with(port, port.replace("on", "off")),
                                PRIMARY,
                                List.of("ua-vf0", "bus 2", "hotplug='off'"),
                                with("<target chassis='1' port='0x10'/>", "<target hotplug='off'/>"))
                        .fixed(GOOD));
    }

    private static List<RuleCase> kinds() {
        String virtio = "<model type='virtio'/>";
        String pool = pooled("vf-pool");
        return List.of(
                rule(
                        STANDBY_NOT_VIRTIO,
                        "an e1000e cannot be a standby NIC",
                        with(virtio, "<model type='e1000e'/>"),
                        STANDBY,
                        List.of("ua-standby0", "'e1000e'"),
                        with(virtio, "<model type='virtio-non-transitional'/>")),
                rule(
                        STANDBY_NOT_VIRTIO,
                        "vDPA is virtio by default",
                        replace(with("\n      " + virtio, ""), "<interface type='bridge'>", "<interface type='user'>"),
                        STANDBY,
                        List.of("ua-standby0", "no model"),
                        replace(with("\n      " + virtio, ""), "<interface type='bridge'>", "<interface type='vdpa'>")),
                rule(
                        STANDBY_NOT_VIRTIO,
                        "the default model on x86 is not virtio",
                        with("\n      " + virtio, ""),
                        STANDBY,
                        List.of("ua-standby0", "no model"),
                        replace(
                                with("\n      " + virtio, ""),
                                "arch='x86_64' machine='pc-q35-7.2'",
                                "arch='aarch64' machine='virt'")),
                rule(
                        PRIMARY_NOT_PASSED_THROUGH,
                        "a bridge provides no VF",
                        replace(emulated(), "<model type='e1000e'/>", "<source bridge='br0'/>"),
                        PRIMARY,
                        List.of("ua-vf0", "'user'"),
                        pooled("some-network")),
                rule(
                        PRIMARY_NOT_PASSED_THROUGH,
                        "a USB device is not a VF",
                        replace(plain(), "type='pci' managed='yes'", "type='usb' managed='yes'"),
                        "vm web1, hostdev ua-vf0",
                        List.of("Hostdev ua-vf0", "'usb'"),
                        plain()),
                rule(
                        PRIMARY_NOT_PASSED_THROUGH,
                        "the network is not a pool of the configuration",
                        new Given(pooled("default"), Contexts.policy(false)),
                        PRIMARY,
                        List.of("ua-vf0", "'default'"),
                        new Given(pool, Contexts.policy(false))),
                rule(
                        EMULATED_PRIMARY,
                        "the primary is an emulated NIC",
                        new Given(emulated(), Contexts.policy(true)),
                        PRIMARY,
                        List.of("ua-vf0", "e1000e"),
                        new Given(GOOD, Contexts.policy(true))),
                rule(
                        EMULATED_PRIMARY_NOT_ALLOWED,
                        "an emulated NIC is not allowed",
                        new Given(emulated(), Contexts.policy(false)),
                        PRIMARY,
                        List.of("ua-vf0", "e1000e"),
                        Given.of(emulated())));
    }

    private static List<RuleCase> teaming() {
        String persistent = "<teaming type='persistent'/>";
        String link = "<link state='down'/>";
        String vf = "domain='0x0000' bus='0x41'";
        String nic = "<interface type='user'><mac address='52:54:00:11:22:01'/><teaming type='transient'"
                + " persistent='ua-x'/></interface>";
        return List.of(
                rule(
                        TEAMING_INVALID,
                        "libvirt requires a type",
                        withDevice(nic.replace(" type='transient' persistent='ua-x'", "")),
                        "vm web1, interface 2",
                        List.of("Interface 2", "without a type"),
                        withDevice(nic)),
                rule(
                        TEAMING_INVALID,
                        "libvirt knows two types",
                        withDevice(nic.replace("transient", "standby")),
                        "vm web1, interface 2",
                        List.of("Interface 2", "unknown type 'standby'"),
                        withDevice(nic)),
                rule(
                        TEAMING_INVALID,
                        "a standby NIC refers to no other",
                        with(persistent, "<teaming type='persistent' persistent='ua-vf0'/>"),
                        STANDBY,
                        List.of("ua-standby0", "persistent='ua-vf0'"),
                        GOOD),
                rule(
                        MAC_INVALID,
                        "libvirt reads octets with colons only",
                        with("52:54:00:AA:bb:01", "52-54-00-AA-bb-01"),
                        STANDBY,
                        List.of("ua-standby0", "52-54-00-AA-bb-01"),
                        with("52:54:00:AA:bb:01", "52:54:0:AA:bb:1")),
                rule(
                        STANDBY_LINK_DOWN,
                        "the guest has no network without its VF",
                        with(persistent, persistent + link),
                        STANDBY,
                        List.of("ua-standby0", "link is down"),
                        with(persistent, persistent + link.replace("down", "up"))),
                rule(
                        VF_ADDRESS_INVALID,
                        "libvirt has PCI domains of 16 bits",
                        with(vf, vf.replace("0x0000", "0x10001")),
                        PRIMARY,
                        List.of("ua-vf0", "domain '0x10001'"),
                        with(vf, vf.replace("0x0000", "0xffff"))),
                rule(
                        VF_ADDRESS_INVALID,
                        "a slot has five bits",
                        with("bus='0x41' slot='0x10'", "bus='0x41' slot='0x20'"),
                        PRIMARY,
                        List.of("ua-vf0", "slot '0x20'"),
                        with("bus='0x41' slot='0x10'", "bus='0x41' slot='31'")));
    }

    private static List<RuleCase> memory() {
        String limited = with(
                "<os><type",
                "<memory unit='GiB'>4</memory><memtune><hard_limit unit='GiB'>3</hard_limit></memtune>\n  <os><type");
        String iommu = "<iommu model='intel'><driver intremap='on'/></iommu>";
        String second = SECOND_STANDBY + SECOND_PRIMARY.replace("ua-standby0", "ua-standby1");
        String twoVfs = withDevice(second + iommu)
                .replace(
                        "<os><type",
                        "<memory unit='GiB'>4</memory><memtune><hard_limit unit='GiB'>5</hard_limit></memtune><os><type");
        return List.of(
                rule(
                        MEMORY_LIMIT_TOO_LOW,
                        "VFIO locks all memory of the guest",
                        limited,
                        "vm web1",
                        List.of("web1", "3072 MiB", "4096 MiB"),
                        limited.replace("'GiB'>3", "'GiB'>5")),
                rule(
                        MEMORY_LIMIT_TOO_LOW,
                        "QEMU needs memory of its own",
                        limited.replace("<hard_limit unit='GiB'>3", "<hard_limit unit='MiB'>4159"),
                        "vm web1",
                        List.of("web1", "4159 MiB", "4096 MiB"),
                        limited.replace("<hard_limit unit='GiB'>3", "<hard_limit unit='MiB'>4160")),
                rule(
                        MEMORY_LIMIT_TOO_LOW,
                        "behind a virtual IOMMU VFIO locks it for each VF",
                        twoVfs,
                        "vm web1",
                        List.of("5120 MiB", "each of 2 VFs"),
                        twoVfs.replace(iommu, "")),
                rule(
                        VIOMMU_WITHOUT_CACHING_MODE,
                        "QEMU refuses the VF without caching mode",
                        withDevice(iommu),
                        "vm web1",
                        List.of("web1", "caching mode"),
                        withDevice(iommu.replace("intremap='on'", "caching_mode='on'"))));
    }

    private static List<RuleCase> roms() {
        String off = "<rom enabled='no'/>";
        String emulatedOff = emulated();
        return List.of(
                rule(
                                OPTION_ROM_ON,
                                "the ROM of a VF is not disabled",
                                with(ROM, ""),
                                PRIMARY,
                                List.of("ua-vf0", "enabled='no'"),
                                with(off, "<rom bar='off'/>"))
                        .fixed(GOOD),
                rule(
                                OPTION_ROM_ON,
                                "an emulated primary has a ROM by default",
                                replace(emulatedOff, ROM, ""),
                                PRIMARY,
                                List.of("ua-vf0", "migration fails"),
                                emulatedOff)
                        .as(Severity.ERROR)
                        .fixed(emulatedOff),
                rule(
                                OPTION_ROM_ON,
                                "an emulated primary without ROM BAR still has its ROM",
                                replace(emulatedOff, off, "<rom bar='off'/>"),
                                PRIMARY,
                                List.of("ua-vf0"),
                                emulatedOff)
                        .as(Severity.ERROR)
                        .fixed(emulatedOff),
                rule(
                                OPTION_ROM_ON,
                                "a VF has a ROM file",
                                with(off, "<rom bar='on' file='/srv/igb.rom'/>"),
                                PRIMARY,
                                List.of("ua-vf0", "'/srv/igb.rom'"),
                                withDevice("<interface type='user'><rom file='/srv/igb.rom'/></interface>"))
                        .as(Severity.ERROR)
                        .fixed(GOOD));
    }

    private static List<RuleCase> vfs() {
        String bridge = "<source bridge='br0'/>";
        String direct =
                replace(with("<interface type='bridge'>", "<interface type='direct'>"), bridge, "<source dev='eno1'/>");
        String directPool = replace(
                replace(pooled("vf-pool"), "<interface type='bridge'>", "<interface type='direct'>"),
                bridge,
                "<source dev='eno1'/>");
        String vlans = replace(vlan(bridge, 7), "<rom enabled='no'/>", "<vlan><tag id='8'/></vlan><rom enabled='no'/>");
        String secondUse = "<hostdev mode='subsystem' type='pci'><source>"
                + "<address domain='0' bus='0x41' slot='16' function='2'/></source></hostdev>";
        return List.of(
                rule(
                        VF_SETTINGS_DIFFER,
                        "the halves have different VLANs",
                        vlans,
                        PRIMARY,
                        List.of("ua-vf0", "VLAN 8", "ua-standby0", "VLAN 7"),
                        replace(vlans, "id='8'", "id='0x7'")),
                rule(
                        VF_SETTINGS_DIFFER,
                        "the VF has another VLAN",
                        new Given(vlan(bridge, 7), Contexts.settings(0, true, true)),
                        PRIMARY,
                        List.of("VLAN 0", "VLAN 7"),
                        new Given(vlan(bridge, 7), Contexts.settings(7, true, true))),
                rule(
                        VF_SETTINGS_DIFFER,
                        "the standby NIC trusts the guest and the VF does not",
                        new Given(
                                with(
                                        "<interface type='bridge'>",
                                        "<interface type='bridge' trustGuestRxFilters='yes'>"),
                                Contexts.settings(0, false, true)),
                        PRIMARY,
                        List.of("trust off"),
                        new Given(GOOD, Contexts.settings(0, false, true))),
                rule(
                        VF_SETTINGS_DIFFER,
                        "the standby NIC pins the MAC and the VF does not",
                        new Given(
                                with(bridge, bridge + "<filterref filter='clean-traffic'/>"),
                                Contexts.settings(0, false, false)),
                        PRIMARY,
                        List.of("spoof checking off"),
                        new Given(
                                with(bridge, bridge + "<filterref filter='my-own'/>"),
                                Contexts.settings(0, false, false))),
                rule(
                        STANDBY_ABOVE_OWN_PF,
                        "the standby NIC is macvtap on the VF's PF",
                        new Given(direct, Contexts.parent("eno1")),
                        STANDBY,
                        List.of("ua-standby0", "'eno1'"),
                        new Given(direct, Contexts.parent("eno2"))),
                rule(
                        STANDBY_ABOVE_OWN_PF,
                        "the standby NIC is macvtap on the pool's only PF",
                        new Given(directPool, Contexts.policy(false)),
                        STANDBY,
                        List.of("ua-standby0", "'eno1'"),
                        Given.of(directPool)),
                rule(
                        IOMMU_GROUP_SHARED,
                        "the VF is not alone",
                        new Given(GOOD, Contexts.groupShared(true)),
                        PRIMARY,
                        List.of("ua-vf0", "0000:41:10.2"),
                        new Given(GOOD, Contexts.groupShared(false))),
                rule(
                        VF_NOT_FREE,
                        "another VM has the VF",
                        new Given(GOOD, Contexts.heldBy("web2")),
                        PRIMARY,
                        List.of("ua-vf0", "0000:41:10.2", "'web2'"),
                        new Given(GOOD, Contexts.heldBy("web1"))),
                rule(
                        VF_NOT_FREE,
                        "two devices of the VM use one VF",
                        withDevice(secondUse),
                        PRIMARY,
                        List.of("ua-vf0", "0000:41:10.2"),
                        withDevice(secondUse.replace("slot='16'", "slot='17'"))),
                rule(
                        NATIVE_MIGRATION_LOST,
                        "the VF's driver could migrate it",
                        new Given(GOOD, Contexts.nativeMigration(true)),
                        PRIMARY,
                        List.of("ua-vf0", "0000:41:10.2"),
                        new Given(GOOD, Contexts.nativeMigration(false))));
    }

    static String requested(String definition) {
        return definition.replace(
                "</metadata>",
                "<understudy:pairs xmlns:understudy='" + DomainDocument.UNDERSTUDY
                        + "'><understudy:pair standby='ua-standby0' primary='ua-vf0' pool='vf-pool' root-port='2'/>"
                        + "</understudy:pairs></metadata>");
    }

    private static String vlan(String bridge, int id) {
        return with(bridge, bridge + "<vlan><tag id='" + id + "'/></vlan>");
    }

    private static String networked(String network) {
        return with("<interface type='bridge'>", "<interface type='network'>")
                .replace("<source bridge='br0'/>", "<source network='" + network + "'/>");
    }

    private static List<RuleCase> hosts() {
        return List.of(
                rule(
                        POOL_MISSING_ON_HOST,
                        "the configuration has no such pool",
                        new Given(pooled("vf-poll"), Contexts.vfNetworks("vf-net")),
                        PRIMARY,
                        List.of("ua-vf0", "'vf-poll'"),
                        new Given(pooled("vf-pool"), Contexts.policy(false))),
                rule(
                        VF_NOT_SET_UP,
                        "the VF comes from a network of the host",
                        new Given(pooled("vf-net"), Contexts.vfNetworks("vf-net")),
                        PRIMARY,
                        List.of("ua-vf0", "'vf-net'"),
                        new Given(pooled("vf-pool"), Contexts.vfNetworks("vf-pool"))),
                rule(
                        NETWORK_MISSING_ON_HOST,
                        "the host has no such bridge",
                        new Given(GOOD, Contexts.bridges("br1", "virbr0")),
                        STANDBY,
                        List.of("ua-standby0", "'br0'"),
                        new Given(GOOD, Contexts.unknownHost())),
                rule(
                        NETWORK_MISSING_ON_HOST,
                        "the destination has no such bridge",
                        new Given(GOOD, Contexts.migration("br0", Optional.of(Set.of("br1")))),
                        STANDBY,
                        List.of("'br0'", "the destination"),
                        new Given(GOOD, Contexts.migration("br0", Optional.empty()))),
                rule(
                        NETWORK_MISSING_ON_HOST,
                        "the network is a bridge on the source, and the destination has none of that name",
                        new Given(networked("br0"), Contexts.migration("br0", Optional.of(Set.of("br1")))),
                        STANDBY,
                        List.of("'br0'", "the destination"),
                        new Given(networked("br0"), Contexts.migration("br0", Optional.of(Set.of("br0", "br1"))))),
                rule(
                        NETWORK_MISSING_ON_HOST,
                        "a network that is not a bridge on the source is unknown",
                        new Given(networked("br0"), Contexts.migration("br0", Optional.of(Set.of("virbr0")))),
                        STANDBY,
                        List.of("'br0'"),
                        new Given(networked("default"), Contexts.migration("br0", Optional.of(Set.of("virbr0"))))),
                rule(
                        NETWORK_MISSING_ON_HOST,
                        "libvirt no longer has the network",
                        new Given(networked("lan"), Contexts.networks("lan-2", "default")),
                        STANDBY,
                        List.of("ua-standby0", "network 'lan'", "the host"),
                        new Given(networked("lan"), Contexts.networks("lan", "default"))),
                rule(
                        PAIR_HALF_MISSING,
                        "the primary of a requested pair is missing",
                        Given.of(requested(GOOD.replace("persistent='ua-standby0'", "persistent='ua-standby9'"))),
                        "vm web1, interface ua-standby0",
                        List.of("'ua-standby0'", "'ua-vf0'", "the primary is missing"),
                        Given.of(requested(GOOD))),
                rule(
                        PAIR_HALF_MISSING,
                        "both halves of a requested pair are missing",
                        Given.of(requested(GOOD)
                                .replace(
                                        "<understudy:pair standby='ua-standby0'", "<understudy:pair standby='ua-old'")),
                        "vm web1, interface ua-old",
                        List.of("'ua-old'", "both halves are missing"),
                        Given.of(requested(GOOD))),
                rule(
                        QEMU_TOO_OLD,
                        "QEMU has no failover yet",
                        new Given(GOOD, Contexts.qemu(4, 1)),
                        "vm web1",
                        List.of("web1", "QEMU 4.1.0", "4.2"),
                        new Given(GOOD, Contexts.qemu(4, 2))),
                rule(
                        LIBVIRT_TOO_OLD,
                        "libvirt has no teaming yet",
                        new Given(GOOD, Contexts.libvirt(6, 0)),
                        "vm web1",
                        List.of("libvirt 6.0.0", "6.1"),
                        new Given(GOOD, Contexts.libvirt(6, 1))),
                rule(
                        LIBVIRT_TOO_OLD,
                        "libvirt has no teaming in a plain hostdev yet",
                        new Given(plain(), Contexts.libvirt(7, 0)),
                        "vm web1",
                        List.of("libvirt 7.0.0", "7.1", "<hostdev>"),
                        new Given(GOOD, Contexts.libvirt(7, 0))),
                rule(
                        IOMMU_OFF,
                        "VFIO needs an IOMMU",
                        new Given(GOOD, Contexts.iommu(false)),
                        PRIMARY,
                        List.of("ua-vf0", "IOMMU"),
                        new Given(emulated(), Contexts.iommu(false))));
    }
}
