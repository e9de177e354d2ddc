// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MacAddress;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNetwork;
import org.understudy.api.spi.GuestNetwork.Device;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.testing.FakeDefinitionHost;

class GuestCheckServiceTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final MacAddress MAC = new MacAddress("52:54:00:11:22:33");
    private static final List<PairView> PAIRS =
            DomainView.of(FakeDefinitionHost.xmlWithVf("web1")).pairs();

    private static Device device(String name, String driver, String master, int mtu, String... addresses) {
        return new Device(
                name,
                Optional.of(MAC),
                List.of(addresses),
                OptionalInt.of(mtu),
                Optional.of(driver).filter(text -> !text.isEmpty()),
                Optional.of(master).filter(text -> !text.isEmpty()));
    }

    private static final Device FAILOVER = device("eth0", "", "", 1500, "10.0.0.5", "fe80::1");
    private static final Device STANDBY = device("eth0nsby", "virtio_net", "eth0", 1500);
    private static final Device PRIMARY = device("ens2", "igbvf", "eth0", 1500, "fe80::2");

    private static List<Finding> check(Device... devices) {
        return check(Map.of(), devices);
    }

    private static List<Finding> check(Map<String, String> files, Device... devices) {
        return GuestCheckService.check(WEB1, PAIRS, new GuestNetwork(List.of(devices), true, List.of(), files));
    }

    private static void requireOnly(List<Finding> findings, FindingCode code, String... parts) {
        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(code);
            assertThat(finding.message()).startsWith("Guest of VM web1 ");
            assertThat(parts).allSatisfy(part -> assertThat(finding.message()).contains(part));
        });
    }

    @Test
    void findsNothingInAGuestWithAFailoverDevice() {
        requireOnly(check(FAILOVER, STANDBY, PRIMARY), FindingCode.HEALTHY);
        requireOnly(check(FAILOVER, STANDBY), FindingCode.HEALTHY);
    }

    @Test
    void reportsAGuestWithoutAFailoverDevice() {
        requireOnly(check(), FindingCode.GUEST_WITHOUT_FAILOVER, "no network device", MAC.value());
        requireOnly(check(FAILOVER), FindingCode.GUEST_WITHOUT_FAILOVER, "eth0", "no failover device");
    }

    @Test
    void reportsAddressesBelowTheFailoverDevice() {
        Device addressed = device("ens2", "igbvf", "eth0", 1500, "10.0.0.6");

        requireOnly(check(FAILOVER, STANDBY, addressed), FindingCode.GUEST_ADDRESS_MISPLACED, "several", "eth0, ens2");
        Device bare = device("eth0", "", "", 1500, "fe80::1");
        requireOnly(check(bare, STANDBY, addressed), FindingCode.GUEST_ADDRESS_MISPLACED, "on ens2, which is below");
    }

    @Test
    void reportsDifferentMtus() {
        requireOnly(
                check(FAILOVER, device("eth0nsby", "virtio_net", "eth0", 9000), PRIMARY),
                FindingCode.GUEST_MTU_DIFFERS,
                "eth0 1500, eth0nsby 9000");
    }

    @Test
    void reportsAVfWithoutADriver() {
        List<Finding> findings = GuestCheckService.check(
                WEB1,
                PAIRS,
                new GuestNetwork(List.of(FAILOVER, STANDBY), true, List.of("0000:02:00.0 8086:10ca"), Map.of()));

        assertThat(findings).extracting(Finding::code).containsExactly(FindingCode.GUEST_DRIVER_MISSING);
        assertThat(findings.get(0).message()).contains("0000:02:00.0 8086:10ca");
    }

    @Test
    void reportsSeveralAddressesAlsoIfTheAgentMayRunNoPrograms() {
        Device eth0 = new Device(
                "eth0", Optional.of(MAC), List.of("10.0.0.5"), OptionalInt.empty(), Optional.empty(), Optional.empty());
        Device eth1 = new Device(
                "eth1", Optional.of(MAC), List.of("10.0.0.6"), OptionalInt.empty(), Optional.empty(), Optional.empty());

        assertThat(GuestCheckService.check(
                        WEB1, PAIRS, new GuestNetwork(List.of(eth0, eth1), false, List.of(), Map.of())))
                .extracting(Finding::code)
                .containsExactly(FindingCode.GUEST_ADDRESS_MISPLACED, FindingCode.GUEST_NOT_EXAMINED);
    }

    @Test
    void namesTheFileThatSelectsByTheMacAddress() {
        Map<String, String> files = Map.of(
                "/etc/netplan/50.yaml", "network:\n  ethernets:\n    eth0:\n      match:\n        macaddress: " + MAC);

        requireOnly(
                check(files, FAILOVER, STANDBY, PRIMARY),
                FindingCode.GUEST_PROFILE_BY_MAC,
                "/etc/netplan/50.yaml",
                MAC.value());
    }
}
