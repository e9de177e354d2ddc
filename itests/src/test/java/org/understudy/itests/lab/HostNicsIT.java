// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VfioReadiness;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.api.spi.VfSettings;
import org.understudy.config.StoredIdentity;
import org.understudy.config.YamlPolicies;
import org.understudy.hostnic.host.HostNicService;
import org.understudy.hostnic.host.VfLeases;
import org.understudy.itests.Built;

/**
 * Access to the NICs of a remote host by configuration, ssh and {@code understudy-vf}. The results are checked with
 * {@code ip} and {@code lspci} of the host.
 */
@Tag(SriovHost.TAG)
@ExtendWith(SharedHost.class)
class HostNicsIT {
    private static final HostName HOST = new HostName("emulated");
    private static final PoolName POOL = new PoolName("pool-a");
    private static final Alias PRIMARY = new Alias("ua-vf0");

    @TempDir
    static Path folder;

    private static SriovHost host;
    private static String command;
    private static String driver;
    private static int pooled;
    private static YamlPolicies policies;
    private static HostNicService nics;
    private static VfLeases leases;

    @BeforeAll
    static void start(SriovHost shared) throws IOException {
        Path built = Built.vfCommand();
        host = shared;
        command = host.scratch() + "/understudy-vf";
        host.copyIn(built, command);
        driver = host.driver(host.vf(0));
        pooled = host.vfs() - 1;
        System.setProperty("karaf.etc", folder.toString());
        Files.writeString(folder.resolve("understudy.yaml"), configuration(command));
        policies = new YamlPolicies();
        assertThat(policies.findings()).isEmpty();
        nics = new HostNicService(policies, new StoredIdentity(bundle()));
        leases = new VfLeases(nics, policies, new StoredIdentity(bundle()));
        await("the NICs are read")
                .atMost(Duration.ofMinutes(1))
                .until(() -> inventory().available());
    }

    @AfterAll
    static void end() {
        if (nics != null) {
            nics.close();
            policies.close();
        }
        if (host != null) {
            host.output("rm", "-f", command, host.scratch() + "/vm.xml");
        }
    }

    @AfterEach
    void releaseEverything() {
        leases.leases(HOST).forEach(leases::release);
    }

    private static String configuration(String program) throws IOException {
        String ssh = Files.readString(host.sshConfig());
        return """
                hosts:
                  - name: emulated
                    connector: none
                    nics:
                      access: ssh
                      address: %s
                      port: %s
                      user: %s
                      key: %s
                      known-hosts: %s
                      command: %s
                pools:
                  - name: pool-a
                    select: ["%s#0-%d"]
                """.formatted(
                        field(ssh, "HostName"),
                        field(ssh, "Port"),
                        field(ssh, "User"),
                        field(ssh, "IdentityFile"),
                        field(ssh, "UserKnownHostsFile"),
                        program,
                        host.pf(),
                        pooled - 1);
    }

    private static String field(String config, String name) {
        Matcher line = Pattern.compile("(?m)^\\s*" + name + " (.*)$").matcher(config);
        assertThat(line.find()).as(name).isTrue();
        return line.group(1);
    }

    private static BundleContext bundle() {
        return (BundleContext) Proxy.newProxyInstance(
                BundleContext.class.getClassLoader(),
                new Class<?>[] {BundleContext.class},
                (proxy, method, arguments) -> method.getName().equals("getProperty") ? folder.toString() : null);
    }

    private static NicInventory inventory() {
        return nics.inventories().get(0);
    }

    private static VfView vf(PciAddress address) {
        return inventory().vfs().stream()
                .filter(vf -> vf.address().equals(address))
                .findFirst()
                .orElseThrow();
    }

    /** The settings of a VF in the kernel, by {@code ip}. */
    private static String link(int index) {
        return host.link()
                .lines()
                .filter(line -> line.strip().startsWith("vf " + index + " "))
                .findFirst()
                .orElseThrow();
    }

    private static List<VfView> vfs() {
        String pf = host.pfAddress();
        return inventory().vfs().stream()
                .filter(vf -> vf.pf().toString().equals(pf))
                .toList();
    }

    private static String driver(PciAddress vf) {
        return host.output("lspci", "-D", "-k", "-s", vf.toString());
    }

    private static Optional<Lease> lease(String vm, String mac, int vlan) {
        return leases.lease(HOST, POOL, new VmName(vm), PRIMARY, settings(mac, vlan));
    }

    private static VfSettings settings(String mac, int vlan) {
        return new VfSettings(
                new MacAddress(mac), vlan, Optional.of(true), Optional.of(false), true, OptionalInt.empty());
    }

    @Test
    void readsTheFunctionsAndThePool() {
        assertThat(inventory().access()).startsWith("ssh ");
        assertThat(inventory().pfs())
                .filteredOn(pf -> pf.netdev().equals(Optional.of(host.pf())))
                .singleElement()
                .satisfies(pf -> {
                    assertThat(pf.driver()).contains(host.driver(host.pfAddress()));
                    assertThat(pf.vfs()).isEqualTo(pooled + 1);
                });
        assertThat(vfs()).hasSize(pooled + 1).allSatisfy(vf -> {
            assertThat(vf.driver()).contains(driver);
            assertThat(vf.iommuShared()).contains(false);
            assertThat(vf.iommuPeers()).isEmpty();
            assertThat(vf.vfio()).isEqualTo(VfioReadiness.READY);
        });
        assertThat(nics.pools()).singleElement().satisfies(pool -> {
            assertThat(pool.stocks()).containsExactly(new PoolView.Stock(HOST, pooled, 0, 0));
            assertThat(pool.findings()).isEmpty();
        });
    }

    @Test
    void configuresAVfForAPairAndRestoresItExactly() {
        String before = host.link();
        Lease lease = lease("web1", "52:54:00:11:22:33", 42).orElseThrow();

        VfView leased = vf(lease.vf());
        assertThat(link(leased.index())).contains("52:54:00:11:22:33", "vlan 42", "trust on", "spoof checking off");
        assertThat(driver(lease.vf())).contains("Kernel driver in use: vfio-pci");
        assertThat(leased.state()).isEqualTo(VfState.LEASED);
        assertThat(leased.mac()).contains(new MacAddress("52:54:00:11:22:33"));
        assertThat(leased.driver()).contains("vfio-pci");
        assertThat(leases.leases(HOST)).containsExactly(lease);

        leases.release(lease);

        assertThat(host.link()).isEqualTo(before);
        assertThat(driver(lease.vf())).contains("Kernel driver in use: " + driver);
        assertThat(vf(lease.vf()).state()).isEqualTo(VfState.FREE);
    }

    @Test
    void givesEachVmAVfOfItsOwnUntilThePoolIsEmpty() {
        String before = host.link();
        for (int i = 0; i < pooled; i++) {
            assertThat(lease("vm" + i, "52:54:00:11:22:%02x".formatted(i), 0)).isPresent();
        }

        assertThat(leases.leases(HOST)).extracting(Lease::vf).hasSize(pooled).doesNotHaveDuplicates();
        assertThat(lease("another", "52:54:00:11:22:99", 0)).isEmpty();
        assertThat(leases.check(HOST, POOL)).extracting(Finding::code).containsExactly(FindingCode.POOL_EXHAUSTED);

        leases.leases(HOST).forEach(leases::release);
        assertThat(host.link()).isEqualTo(before);
    }

    @Test
    void detectsWithinASecondThatVfsVanishAndUsesThemAgainWhenTheyReturn() {
        Lease lease = lease("web1", "52:54:00:11:22:33", 0).orElseThrow();
        List<NicInventory> news = new CopyOnWriteArrayList<>();
        nics.listen(news::add);

        host.output("sh", "-c", "echo 0 > " + host.numvfs());
        await().atMost(Duration.ofSeconds(1))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> vf(lease.vf()).state() == VfState.FAULT);
        assertThat(vf(lease.vf()).holder()).map(VfView.Holder::vm).contains("web1");
        await().untilAsserted(() -> assertThat(news).isNotEmpty());
        leases.release(lease);
        assertThat(vfs()).isEmpty();

        host.output("sh", "-c", "echo %d > %s".formatted(pooled + 1, host.numvfs()));
        await("the lease is back with its VF").until(() -> leases.leases(HOST).equals(List.of(lease)));
        assertThat(lease("web1", "52:54:00:11:22:33", 0)).contains(lease);
        assertThat(driver(lease.vf())).contains("vfio-pci");
        leases.release(lease);
        await().until(() -> vfs().stream().allMatch(vf -> vf.state() == VfState.FREE));
    }

    @Test
    void doesNotUseAVfThatLibvirtHasAssignedToAVm() {
        host.needs("virsh");
        String vf = host.vf(0);
        host.output(
                "sh", "-ec", "echo \"$1\" >$2/vm.xml; virsh create $2/vm.xml --paused", "sh", vm(vf), host.scratch());
        try {
            assertThat(lease("web1", "52:54:00:11:22:33", 0))
                    .map(Lease::vf)
                    .isPresent()
                    .get()
                    .isNotEqualTo(vf(vf).address());
            assertThat(vf(vf).state()).isEqualTo(VfState.IN_USE);
            assertThat(vf(vf).reason()).startsWith("libvirt: VM foreign1");
        } finally {
            host.output("virsh", "destroy", "foreign1");
        }
        leases.leases(HOST).forEach(leases::release);
        await().until(() -> vf(vf).state() == VfState.FREE);
        host.output("udevadm", "settle", "-t", "10");
    }

    private static VfView vf(String address) {
        return vf(PciAddress.parse(address));
    }

    private static String vm(String vf) {
        PciAddress at = PciAddress.parse(vf);
        return """
                <domain type='qemu'>
                  <name>foreign1</name>
                  <memory unit='MiB'>32</memory>
                  <os><type arch='x86_64' machine='q35'>hvm</type></os>
                  <devices>
                    <controller type='usb' model='none'/>
                    <hostdev mode='subsystem' type='pci' managed='yes'>
                      <source><address domain='%d' bus='%d' slot='%d' function='%d'/></source>
                      <rom bar='off'/>
                    </hostdev>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(at.domain(), at.bus(), at.slot(), at.function());
    }

    @Test
    void readsVfsThroughLibvirtWithoutTheCommandButDoesNotChangeThem(@TempDir Path other) throws IOException {
        host.needs("virsh");
        Files.writeString(other.resolve("understudy.yaml"), configuration(host.scratch() + "/no-such-command"));
        System.setProperty("karaf.etc", other.toString());
        YamlPolicies there = new YamlPolicies();
        HostNicService seen = new HostNicService(there, new StoredIdentity(bundle()));
        try {
            VfLeases refused = new VfLeases(seen, there, new StoredIdentity(bundle()));
            NicInventory full = inventory();
            await().until(() -> seen.inventories().get(0).available());
            await().untilAsserted(() -> assertThat(what(seen.inventories().get(0)))
                    .isEqualTo(what(full))
                    .hasSize(pooled + 1));

            NicInventory limited = seen.inventories().get(0);
            assertThat(limited.access()).endsWith("virsh");
            assertThat(limited.pfs())
                    // libvirt does not report these.
                    .usingRecursiveFieldByFieldElementComparatorIgnoringFields(
                            "link", "altNames", "master", "masterKind")
                    .isEqualTo(full.pfs());
            assertThat(limited.vfs()).noneMatch(vf -> vf.state() == VfState.FREE);
            assertThat(limited.findings())
                    .extracting(Finding::remedy)
                    .anyMatch(remedy -> remedy.startsWith("Install understudy-vf"));
            assertThat(refused.check(HOST, POOL)).extracting(Finding::code).contains(FindingCode.POOL_NOT_SERVED);
            assertThatThrownBy(() ->
                            refused.lease(HOST, POOL, new VmName("web1"), PRIMARY, settings("52:54:00:11:22:33", 0)))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED));

            String gone = host.vf(0);
            host.output("sh", "-c", "echo %s > /sys/bus/pci/drivers/%s/unbind".formatted(gone, driver));
            await().until(() -> driverOf(seen, gone).isEmpty());
            host.output("sh", "-c", "echo %s > /sys/bus/pci/drivers/%s/bind".formatted(gone, driver));
            await().until(() -> driverOf(seen, gone).isPresent());
        } finally {
            seen.close();
            there.close();
            System.setProperty("karaf.etc", folder.toString());
            host.output("udevadm", "settle", "-t", "10");
        }
    }

    /** The VFs in libvirt. */
    private static List<String> what(NicInventory from) {
        return from.vfs().stream()
                .map(vf -> String.join(
                        " ",
                        vf.address().toString(),
                        vf.pfName() + "#" + vf.index(),
                        vf.vendor() + ":" + vf.device(),
                        vf.driver().toString(),
                        vf.netdev().toString(),
                        vf.iommuGroup().toString(),
                        vf.iommuShared().toString()))
                .toList();
    }

    private static Optional<String> driverOf(HostNicService seen, String vf) {
        return seen.inventories().get(0).vfs().stream()
                .filter(v -> v.address().equals(PciAddress.parse(vf)))
                .flatMap(v -> v.driver().stream())
                .findFirst();
    }
}
