// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;
import static org.understudy.core.fleet.FleetSamples.host;
import static org.understudy.core.fleet.FleetSamples.migration;
import static org.understudy.core.fleet.FleetSamples.pair;
import static org.understudy.core.fleet.FleetSamples.pool;
import static org.understudy.core.fleet.FleetSamples.unavailable;
import static org.understudy.core.fleet.FleetSamples.vm;
import static org.understudy.core.fleet.FleetSamples.withNic;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.FleetReadiness;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Inventory;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.Migrations;
import org.understudy.api.PairHealth;
import org.understudy.api.Policies;
import org.understudy.api.Revised;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmReadiness;
import org.understudy.api.VmState;

class ReadinessServiceTest {
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Migrations migrations = mock(Migrations.class);
    private final Policies policies = mock(Policies.class);
    private final InventorySnapshot snapshot = mock(InventorySnapshot.class);
    private final Inventory inventory = mock(Inventory.class);
    private final Map<VmName, List<Finding>> definitions = new HashMap<>();
    private final ReadinessService readiness = new ReadinessService(
            vms,
            inventory,
            migrations,
            policies,
            (host, vm) -> definitions.getOrDefault(vm, List.of()),
            () -> Instant.EPOCH);

    @BeforeEach
    void prepare() {
        when(policies.current()).thenReturn(FleetSamples.policy());
        when(vms.hosts()).thenReturn(List.of(host("alpha", "libvirt"), host("beta", "libvirt")));
        when(inventory.snapshot()).thenReturn(snapshot);
        when(snapshot.pools()).thenReturn(List.of(pool(Map.of("beta", 1))));
    }

    private void known(Vm... all) {
        when(vms.list()).thenReturn(new VmInventory(Arrays.asList(all), List.of()));
    }

    private VmReadiness only() {
        List<VmReadiness> all = readiness.evaluate(Optional.empty()).vms();
        assertThat(all).hasSize(1);
        return all.get(0);
    }

    @Test
    void aRunningVmWithAFreeVfElsewhereIsReady() {
        known(vm("web1", "alpha", VmState.RUNNING, pair(PairHealth.ACTIVE)));

        assertThat(only().ready()).isTrue();
        assertThat(only().findings()).isEmpty();
        assertThat(only().best()).contains(new HostName("beta"));
        assertThat(only().destinations()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "SHUTOFF, shut off, Start the VM first.",
        "PAUSED, paused, Resume the VM first.",
        "UNKNOWN, unknown, Check the VM with understudy:vm-show."
    })
    void onlyARunningVmIsReady(VmState state, String word, String remedy) {
        known(vm("web1", "alpha", state));

        assertThat(only().ready()).isFalse();
        assertThat(only().findings())
                .containsExactly(Finding.of(
                        FindingCode.VM_NOT_MIGRATABLE,
                        "vm web1",
                        "VM web1 is " + word + " on host alpha; required state: running",
                        remedy));
    }

    @ParameterizedTest
    @CsvSource({
        "ACTIVE,,true",
        "PARTIAL,,true",
        "PENDING_RESTART,,true",
        "ON_STANDBY,PRIMARY_ABSENT,true",
        "FAULT,PRIMARY_ABSENT,true",
        "HIDDEN,STANDBY_NOT_NEGOTIATED,true",
        "UNPLUGGING,EJECT_PENDING,false"
    })
    void reportsTheHealthOfAPairAsThePreflightDoes(PairHealth health, FindingCode code, boolean ready) {
        known(vm("web1", "alpha", VmState.RUNNING, pair(health)));

        assertThat(only().ready()).isEqualTo(ready);
        assertThat(only().findings()).extracting(Finding::code).isEqualTo(code == null ? List.of() : List.of(code));
    }

    @Test
    void aVmWithoutAFreeVfElsewhereIsBlocked() {
        when(snapshot.pools()).thenReturn(List.of(pool(Map.of("alpha", 5, "beta", 0))));
        known(vm("web1", "alpha", VmState.RUNNING, pair(PairHealth.ACTIVE)));

        assertThat(only().findings()).extracting(Finding::code).containsExactly(FindingCode.POOL_EXHAUSTED);
        assertThat(only().best()).isEmpty();
    }

    @Test
    void aVmWithTwoPairsNeedsTwoVfsOfThePool() {
        known(vm("web1", "alpha", VmState.RUNNING, pair(PairHealth.ACTIVE), pair(PairHealth.ACTIVE)));

        assertThat(only().ready()).isFalse();
    }

    @Test
    void aVmWithoutPairsNeedsNoVf() {
        when(snapshot.pools()).thenReturn(List.of());
        known(vm("web1", "alpha", VmState.RUNNING));

        assertThat(only().ready()).isTrue();
    }

    @Test
    void hostsOfAnotherConnectorAndUnavailableHostsAreNoDestination() {
        when(vms.hosts()).thenReturn(List.of(host("alpha", "libvirt"), host("beta", "qemu"), unavailable("gamma")));
        known(vm("web1", "alpha", VmState.RUNNING));

        assertThat(only().findings()).extracting(Finding::code).containsExactly(FindingCode.NO_DESTINATION);
    }

    @Test
    void aHostWhoseNewOptionsWaitSendsAndReceivesNothing() {
        HostView pending = new HostView(
                new HostName("beta"),
                "libvirt",
                true,
                "QEMU",
                List.of(Finding.of(
                        FindingCode.CONFIGURATION_PENDING,
                        "host beta",
                        "Host beta: new options apply later",
                        "Wait for the migration.")));
        when(vms.hosts()).thenReturn(List.of(host("alpha", "libvirt"), pending));
        known(vm("db1", "beta", VmState.RUNNING), vm("web1", "alpha", VmState.RUNNING));

        FleetReadiness all = readiness.evaluate(Optional.empty());

        assertThat(all.vms().get(0).findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.CONFIGURATION_PENDING);
        assertThat(all.vms().get(1).findings()).extracting(Finding::code).containsExactly(FindingCode.NO_DESTINATION);
        assertThat(all.blocked()).isEqualTo(2);
    }

    @Test
    void theHostWithTheMostFreeVfsComesFirst() {
        when(vms.hosts())
                .thenReturn(List.of(host("alpha", "libvirt"), host("beta", "libvirt"), host("gamma", "libvirt")));
        when(snapshot.pools()).thenReturn(List.of(pool(Map.of("alpha", 9, "beta", 1, "gamma", 3))));
        known(vm("web1", "alpha", VmState.RUNNING, pair(PairHealth.ACTIVE)));

        assertThat(only().best()).contains(new HostName("gamma"));
        assertThat(only().destinations()).isEqualTo(2);
    }

    @Test
    void namesARunningMigrationAlone() {
        when(migrations.list()).thenReturn(List.of(migration("m-1", "web1", "alpha", "beta", Optional.empty())));
        known(vm("web1", "alpha", VmState.RUNNING, pair(PairHealth.UNPLUGGING)));

        assertThat(only().findings()).extracting(Finding::code).containsExactly(FindingCode.MIGRATION_RUNNING);
        assertThat(only().findings().get(0).message()).contains("m-1", "from host alpha to host beta");
    }

    @Test
    void addsWhatIsKnownOfTheDefinitionAndItsDevices() {
        definitions.put(
                new VmName("web1"),
                List.of(Finding.of(FindingCode.MAC_MISMATCH, "vm web1", "The MACs differ", "Make them equal.")));
        known(withNic(vm("web1", "alpha", VmState.RUNNING), "hostdev"));

        assertThat(only().findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.MAC_MISMATCH, FindingCode.DEVICE_NOT_IN_PAIR);
    }

    @Test
    void aPairWithoutAPoolIsBlocked() {
        known(vm("web1", "alpha", VmState.RUNNING, pair(PairHealth.ACTIVE, Optional.empty())));

        assertThat(only().findings()).extracting(Finding::code).containsExactly(FindingCode.POOL_UNKNOWN);
    }

    @Test
    void noVmIsReadyWhileThisServerStartsNoMigration() {
        Finding full = new Finding(
                FindingCode.STORAGE_FULL, Severity.ERROR, "server", "The disk is full", "Free space.", false);
        when(migrations.findings()).thenReturn(List.of(full));
        known(vm("web1", "alpha", VmState.RUNNING));

        assertThat(only().findings()).containsExactly(full);
    }

    @Test
    void groupsVmsByWhatPreventsTheirMigrationTheLargestGroupOfErrorsFirst() {
        known(
                vm("a", "alpha", VmState.RUNNING, pair(PairHealth.ACTIVE)),
                vm("b", "alpha", VmState.RUNNING, pair(PairHealth.ON_STANDBY)),
                vm("c", "alpha", VmState.RUNNING, pair(PairHealth.ACTIVE, Optional.empty())),
                vm("d", "alpha", VmState.SHUTOFF),
                vm("e", "alpha", VmState.PAUSED));

        FleetReadiness all = readiness.evaluate(Optional.empty());

        assertThat(all.ready()).isEqualTo(2);
        assertThat(all.blocked()).isEqualTo(3);
        assertThat(all.groups())
                .extracting(FleetReadiness.Group::code, FleetReadiness.Group::severity, FleetReadiness.Group::vms)
                .containsExactly(
                        tuple(FindingCode.VM_NOT_MIGRATABLE, Severity.ERROR, 2),
                        tuple(FindingCode.POOL_UNKNOWN, Severity.ERROR, 1),
                        tuple(FindingCode.PRIMARY_ABSENT, Severity.WARNING, 1));
        assertThat(all.groups()).allSatisfy(group -> assertThat(group.remedy()).endsWith("."));
    }

    @Test
    void evaluatesTheVmsOfOneHostAndRefusesAnUnknownOne() {
        known(vm("db1", "beta", VmState.RUNNING), vm("web1", "alpha", VmState.RUNNING));

        assertThat(readiness.evaluate(Optional.of(new HostName("beta"))).vms())
                .extracting(VmReadiness::vm)
                .containsExactly(new VmName("db1"));
        assertThatThrownBy(() -> readiness.evaluate(Optional.of(new HostName("omega"))))
                .isInstanceOf(UnderstudyException.class)
                .hasMessageContaining("'omega'");
    }

    @Test
    void namesHostsThatDoNotAnswer() {
        Finding silent =
                Finding.of(FindingCode.HOST_UNAVAILABLE, "host beta", "Host beta did not answer", "Check the host.");
        when(vms.list()).thenReturn(new VmInventory(List.of(), List.of(silent)));

        assertThat(readiness.evaluate(Optional.empty()).findings()).containsExactly(silent);
        assertThat(readiness.evaluate(Optional.of(new HostName("alpha"))).findings())
                .isEmpty();
    }

    @Test
    void evaluatesNamedVmsWithoutReadingTheWholeFleet() {
        Vm web1 = vm("web1", "alpha", VmState.PAUSED);
        VmAddress here = new VmOnHost(web1.host(), web1.uuid().toString());
        VmAddress gone = new VmName("gone");
        Finding ofAlpha = Finding.of(FindingCode.HOST_UNAVAILABLE, "host alpha", "Host alpha did not answer", "Check.");
        Finding ofBeta = Finding.of(FindingCode.HOST_UNAVAILABLE, "host beta", "Host beta did not answer", "Check.");
        when(snapshot.find(here)).thenReturn(List.of(new Revised<>(1, web1)));
        when(snapshot.find(web1.name())).thenReturn(List.of(new Revised<>(1, web1)));
        when(snapshot.findings()).thenReturn(List.of(ofAlpha, ofBeta));

        FleetReadiness some = readiness.evaluateVms(Set.of(here, web1.name(), gone));

        assertThat(some.vms()).extracting(VmReadiness::vm).containsExactly(web1.name());
        assertThat(some.ready()).isZero();
        assertThat(some.blocked()).isEqualTo(1);
        assertThat(some.groups()).extracting(FleetReadiness.Group::code).containsExactly(FindingCode.VM_NOT_MIGRATABLE);
        assertThat(some.findings()).containsExactly(ofAlpha);
        verify(vms, never()).list();
        verify(snapshot, never()).vms();
    }

    @Test
    void evaluatesALargeFleetWithoutAnyPreflight() {
        when(vms.hosts())
                .thenReturn(IntStream.range(0, 1000)
                        .mapToObj(i -> host("h" + i, "libvirt"))
                        .toList());
        Map<String, Integer> free = new HashMap<>();
        IntStream.range(0, 1000).forEach(i -> free.put("h" + i, i % 8));
        when(snapshot.pools()).thenReturn(List.of(pool(free)));
        List<Vm> all = new ArrayList<>();
        IntStream.range(0, 20_000)
                .forEach(i -> all.add(vm("vm" + i, "h" + i % 1000, VmState.RUNNING, pair(PairHealth.ACTIVE))));
        when(vms.list()).thenReturn(new VmInventory(all, List.of()));

        // The time of this thread alone, as other programs may load the machine.
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        FleetReadiness fleet = readiness.evaluate(Optional.empty());

        assertThat(fleet.ready()).isEqualTo(20_000);
        assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - start)).isLessThan(Duration.ofSeconds(2));
        verify(migrations, never()).preflight(any(), any(), any());
    }
}
