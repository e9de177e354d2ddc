// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.HostName;
import org.understudy.api.InventoryChange;
import org.understudy.api.InventoryChange.VmChanged;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.Nic;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.config.YamlPolicies;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.VmReadings;
import org.understudy.libvirt.host.LibvirtConnector;

/** Another client changes VMs of libvirt's test driver, whose events change the inventory. */
class LibvirtInventoryTest {
    private static final String URI = "test:///default";
    private static final VmName NEWCOMER = new VmName("newcomer");

    @TempDir
    private Path folder;

    private final List<VmChanged> changes = new CopyOnWriteArrayList<>();
    private YamlPolicies policies;
    private HostRegistry hosts;
    private VmReadings readings;
    private InventoryService inventory;
    private Host other;

    @BeforeEach
    void open() throws Exception {
        Files.writeString(
                folder.resolve("understudy.yaml"), "hosts:\n  - {name: a, connector: libvirt, uri: '" + URI + "'}\n");
        System.setProperty("karaf.etc", folder.toString());
        policies = new YamlPolicies();
        hosts = new HostRegistry(policies);
        readings = new VmReadings(hosts);
        inventory = new InventoryService(hosts, readings, policies);
        hosts.addConnector(new LibvirtConnector());
        other = new LibvirtConnector().open(new HostPolicy(new HostName("other"), "libvirt", Map.of("uri", URI)));
        await().until(() -> vm("test").isPresent());
    }

    @AfterEach
    void close() {
        other.close();
        inventory.close();
        readings.close();
        hosts.close();
        policies.close();
    }

    private Optional<Vm> vm(String name) {
        return inventory.snapshot().vms().stream()
                .map(vm -> vm.value())
                .filter(vm -> vm.name().value().equals(name))
                .findFirst();
    }

    private void awaitState(VmState state) {
        await().until(() -> vm(NEWCOMER.value()).map(Vm::state).equals(Optional.of(state)));
        await().until(() -> !changes.isEmpty() && lastState().equals(Optional.of(state)));
    }

    private Optional<VmState> lastState() {
        return changes.get(changes.size() - 1).now().map(Vm::state);
    }

    private static String definition(String bridge) {
        return """
                <domain type='test'>
                  <name>newcomer</name>
                  <uuid>6f1c7f8e-4d1b-4b0c-9a52-3f5f1f3c0a77</uuid>
                  <memory unit='MiB'>64</memory>
                  <vcpu>1</vcpu>
                  <os><type arch='i686'>hvm</type></os>
                  <devices>
                    <interface type='bridge'><mac address='52:54:00:00:00:77'/><source bridge='%s'/></interface>
                  </devices>
                </domain>
                """.formatted(bridge);
    }

    @Test
    void followsAVmFromItsDefinitionToItsEnd() {
        InventorySnapshot before = inventory.snapshot();
        inventory.listen(change -> {
            if (change instanceof VmChanged vm) {
                changes.add(vm);
            }
        });

        other.define(definition("br0"));
        awaitState(VmState.SHUTOFF);
        other.start(NEWCOMER, Map.of());
        awaitState(VmState.RUNNING);
        other.pause(NEWCOMER);
        awaitState(VmState.PAUSED);
        other.resume(NEWCOMER);
        awaitState(VmState.RUNNING);
        other.define(definition("br1"));
        await().until(() -> vm(NEWCOMER.value()).stream()
                .flatMap(vm -> vm.nics().stream())
                .map(Nic::source)
                .toList()
                .equals(List.of("bridge br1")));
        other.destroy(NEWCOMER);
        awaitState(VmState.SHUTOFF);
        other.undefine(NEWCOMER);
        await().until(() -> vm(NEWCOMER.value()).isEmpty());

        await().until(() -> changes.get(changes.size() - 1).now().isEmpty());
        assertThat(changes).extracting(InventoryChange::revision).isSorted().allMatch(at -> at > before.revision());
        assertThat(changes).extracting(VmChanged::key).containsOnly("a/6f1c7f8e-4d1b-4b0c-9a52-3f5f1f3c0a77");
        assertThat(inventory.snapshot().findings()).isEmpty();
    }
}
