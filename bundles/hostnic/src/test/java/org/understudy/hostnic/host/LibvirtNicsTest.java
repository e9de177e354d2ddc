// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;
import static org.mockito.Mockito.withSettings;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.NicInventory;
import org.understudy.api.PciAddress;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Policy.PoolPolicy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfSelector;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostDevices;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfSettings;

/** The NICs of a libvirt host without configured NIC access. */
class LibvirtNicsTest {
    private static final HostName BETA = new HostName("beta");
    private static final PoolName POOL = new PoolName("pool-a");
    private static final PciAddress VF = PciAddress.parse("01:10.2");
    private static final VmName WEB1 = new VmName("web1");
    private static final Alias PRIMARY = new Alias("ua-vf0");
    private static final VfSettings SETTINGS = new VfSettings(
            new MacAddress("52:54:00:11:22:33"), 0, Optional.empty(), Optional.empty(), true, OptionalInt.empty());

    private final NicLab lab = new NicLab();
    private final Hosts hosts = mock(Hosts.class);
    private final FakeDevices host = new FakeDevices();
    private HostNicService nics;
    private VfLeases leases;

    /** Devices of a host whose connection can be lost. */
    private static final class FakeDevices implements HostDevices {
        private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
        private volatile List<String> devices = List.of();
        private volatile boolean lost;

        @Override
        public List<String> devices() {
            if (lost) {
                throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "the connection is lost");
            }
            return devices;
        }

        @Override
        public Subscription listenForDevices(Runnable changed) {
            listeners.add(changed);
            return () -> listeners.remove(changed);
        }

        void change(List<String> now) {
            devices = now;
            listeners.forEach(Runnable::run);
        }

        void lose() {
            lost = true;
            listeners.forEach(Runnable::run);
        }
    }

    private static List<String> sriov() {
        try (InputStream file = LibvirtNicsTest.class.getResourceAsStream("/node-devices.xml")) {
            return List.of(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void prepare() {
        Host connected = host(host);
        when(hosts.host(BETA)).thenReturn(connected);
        when(hosts.listen(any())).thenReturn(() -> {});
    }

    private static Host host(HostDevices devices) {
        Host opened = mock(Host.class, withSettings().extraInterfaces(HostDevices.class));
        when(((HostDevices) opened).devices()).thenAnswer(call -> devices.devices());
        when(((HostDevices) opened).listenForDevices(any()))
                .thenAnswer(call -> devices.listenForDevices(call.getArgument(0)));
        return opened;
    }

    private void open(Map<String, String> options, PoolPolicy... pools) {
        configure(options, pools);
        nics = lab.open();
        leases = new VfLeases(nics, lab.configuration, NicLab.SERVER);
    }

    private void configure(Map<String, String> options, PoolPolicy... pools) {
        lab.configuration.set(List.of(new HostPolicy(BETA, "libvirt", Map.of(), options)), pools);
    }

    private void openConnected(Map<String, String> options, PoolPolicy... pools) {
        open(options, pools);
        nics.setHosts(hosts);
        lab.passRetry();
        assertThat(inventory().available()).isTrue();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private static PoolPolicy pool(Optional<Boolean> network) {
        return new PoolPolicy(POOL, PrimaryKind.VF, List.of(VfSelector.parse("enp1s0")), Optional.empty(), network);
    }

    private NicInventory inventory() {
        return lab.inventory(BETA);
    }

    private List<Severity> severities() {
        return inventory().findings().stream().map(Finding::severity).distinct().toList();
    }

    @Test
    void areReadAfterTheHostOpensAndAfterEachChange() {
        open(Map.of());
        assertThat(inventory().findings()).isNotEmpty();
        assertThat(inventory().available()).isFalse();

        nics.setHosts(hosts);
        lab.passRetry();
        assertThat(inventory().available()).isTrue();
        assertThat(inventory().access()).isEqualTo("libvirt");
        assertThat(inventory().vfs()).isEmpty();

        host.change(sriov());
        lab.passDebounce();
        assertThat(inventory().vfs()).hasSize(7);
        assertThat(inventory().pfs()).hasSize(1);
    }

    @Test
    void areUnreachableWhileTheConnectionIsLost() {
        host.change(sriov());
        openConnected(Map.of());

        host.lose();
        lab.passDebounce();
        assertThat(inventory().available()).isFalse();
        assertThat(inventory().findings()).singleElement().satisfies(f -> {
            assertThat(f.message()).contains("the connection is lost");
            assertThat(f.severity()).isEqualTo(Severity.NOTICE);
        });

        host.lost = false;
        lab.passRetry();
        assertThat(inventory().available()).isTrue();
        assertThat(inventory().vfs()).hasSize(7);
    }

    @Test
    void areReadOverANewConnection() {
        openConnected(Map.of());
        FakeDevices replacement = new FakeDevices();
        replacement.change(sriov());
        Host opened = host(replacement);
        when(hosts.host(BETA)).thenReturn(opened);

        host.lose();

        lab.passDebounce();
        lab.passRetry();
        assertThat(inventory().vfs()).hasSize(7);
        assertThat(host.listeners).isEmpty();
    }

    @Test
    void areNeverLeased() {
        host.change(sriov());
        openConnected(Map.of(), pool(Optional.empty()));
        assertThat(inventory().vfs()).allMatch(vf -> vf.pools().equals(List.of(POOL)));
        host.lost = true;

        assertThat(leases.leases(BETA)).isEmpty();
        assertThat(leases.leaseNamed(BETA, VF, WEB1, PRIMARY, SETTINGS)).isEmpty();
        assertThat(leases.check(BETA, POOL)).extracting(Finding::code).containsExactly(FindingCode.POOL_NOT_SERVED);
        assertThatThrownBy(() -> leases.lease(BETA, POOL, WEB1, PRIMARY, SETTINGS))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_SUPPORTED));
    }

    @Test
    void holdNoLeasesWhileTheHostIsNotOpen() {
        open(Map.of(), pool(Optional.empty()));

        assertThat(leases.leases(BETA)).isEmpty();
        assertThat(leases.leaseNamed(BETA, VF, WEB1, PRIMARY, SETTINGS)).isEmpty();
        assertThat(leases.check(BETA, POOL)).extracting(Finding::code).containsExactly(FindingCode.POOL_NOT_SERVED);
    }

    @Test
    void haveNoFindingsOnAHostWithoutVfs() {
        openConnected(Map.of(), pool(Optional.empty()));

        assertThat(inventory().findings()).isEmpty();
    }

    @Test
    void reportLimitsAsNoticesUntilAPoolNeedsTheVfs() {
        host.change(sriov());
        openConnected(Map.of());
        assertThat(inventory().findings()).hasSize(6);
        assertThat(severities()).containsExactly(Severity.NOTICE);

        configure(Map.of(), pool(Optional.empty()));
        lab.passDebounce();

        assertThat(severities()).containsExactly(Severity.WARNING);
    }

    @Test
    void reportLimitsAsNoticesIfNetworksProvideThePool() {
        host.change(sriov());
        openConnected(Map.of(), pool(Optional.of(true)));

        assertThat(severities()).containsExactly(Severity.NOTICE);
    }

    @Test
    void reportLimitsAsWarningsIfAccessIsConfigured() {
        host.change(sriov());
        openConnected(Map.of("access", "libvirt"));

        assertThat(severities()).containsExactly(Severity.WARNING);
    }

    @Test
    void areNotAccessedIfConfiguredSo() {
        open(Map.of("access", "none"));
        nics.setHosts(hosts);

        assertThat(nics.access(BETA).isUnmanaged()).isTrue();
        assertThat(inventory().findings()).isEmpty();
    }

    @Test
    void rejectAccessLibvirtForAnotherConnector() {
        open(Map.of());

        assertThatThrownBy(() -> NicOptions.of(new HostPolicy(BETA, "peer", Map.of(), Map.of("access", "libvirt"))))
                .hasMessageContaining("needs the connector libvirt")
                .isInstanceOfSatisfying(
                        UnderstudyException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID));
    }
}
