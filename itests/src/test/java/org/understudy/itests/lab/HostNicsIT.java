// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;
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
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.BundleContext;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PoolView;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.VmName;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.api.spi.VfSettings;
import org.understudy.core.policy.YamlPolicies;
import org.understudy.hostnic.host.HostNicService;
import org.understudy.hostnic.host.VfLeases;
import org.understudy.itests.Built;

/**
 * The NICs of a remote host as the product reaches them: configuration, ssh, {@code understudy-vf}. What was done is seen
 * with the host's own {@code ip} and {@code lspci}.
 */
@Tag(SriovHost.TAG)
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
    static void start() throws IOException {
        Path built = Built.vfCommand();
        host = SriovHost.start();
        command = host.scratch() + "/understudy-vf";
        host.copyIn(built, command);
        driver = host.driver(host.vf(0));
        pooled = host.vfs() - 1;
        System.setProperty("karaf.etc", folder.toString());
        Files.writeString(folder.resolve("understudy.yaml"), configuration());
        policies = new YamlPolicies();
        assertThat(policies.findings()).isEmpty();
        nics = new HostNicService(bundle(), policies);
        leases = new VfLeases(bundle(), nics, policies);
        await("the NICs are read").until(() -> inventory().available());
    }

    @AfterAll
    static void end() {
        if (nics != null) {
            nics.close();
            policies.close();
        }
        if (host != null) {
            host.close();
        }
    }

    @AfterEach
    void giveEverythingBack() {
        leases.leases(HOST).forEach(leases::release);
    }

    private static String configuration() throws IOException {
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
                        command,
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

    /** What the kernel has set for a VF, by {@code ip}. */
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
        VfSettings settings = new VfSettings(
                new MacAddress(mac), vlan, Optional.of(true), Optional.of(false), true, OptionalInt.empty());
        return leases.lease(HOST, POOL, new VmName(vm), PRIMARY, settings);
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
        });
        assertThat(nics.pools()).singleElement().satisfies(pool -> {
            assertThat(pool.stocks()).containsExactly(new PoolView.Stock(HOST, pooled, 0, 0));
            assertThat(pool.findings()).isEmpty();
        });
    }

    @Test
    void makesAVfWhatAPairNeedsAndThenExactlyWhatItWas() {
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
    void noticesWithinASecondThatVfsAreGoneAndUsesThemAgainWhenTheyReturn() {
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
}
