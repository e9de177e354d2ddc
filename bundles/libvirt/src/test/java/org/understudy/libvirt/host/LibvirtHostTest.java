// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.PciAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Host.VmDefinitions;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.PrimaryPresence;

/** Runs against the real client library and its test driver. */
final class LibvirtHostTest {
    private static final VmName WEB = new VmName("web1");
    private static final Map<Alias, PciAddress> NO_VFS = Map.of();

    private final Host host = TestHosts.open();

    @AfterEach
    void close() {
        if (host.find(WEB).filter(v -> v.state() != VmState.SHUTOFF).isPresent()) {
            host.destroy(WEB);
        }
        if (host.find(WEB).isPresent()) {
            host.undefine(WEB);
        }
        host.close();
    }

    @Test
    void readsVersionsOfTheHost() {
        HostFacts facts = host.facts();

        assertThat(facts.connector()).isEqualTo("libvirt");
        assertThat(facts.libvirtVersion())
                .hasValueSatisfying(v -> assertThat(v.atLeast(6, 1)).isTrue());
        assertThat(facts.qemuVersion()).as("the test driver is no QEMU").isEmpty();
        assertThat(facts.summary()).contains("TEST").contains("test:///default");
    }

    @Test
    void reportsAnUnknownPrimaryWithoutQemu() {
        host.define(TestHosts.definition("web1"));
        host.start(WEB, NO_VFS);

        for (int time = 0; time < 2; time++) {
            assertThat(host.primaryPresence(WEB, new Alias("ua-primary0"))).isEqualTo(PrimaryPresence.UNKNOWN);
        }
    }

    @Test
    void drivesTheLifecycleOfAVm() {
        HostedVm defined = host.define(TestHosts.definition("web1"));
        assertThat(defined.state()).isEqualTo(VmState.SHUTOFF);
        assertThat(host.vms()).contains(defined);
        assertThat(host.definition(WEB))
                .contains("<name>web1</name>", defined.uuid().toString());
        assertThat(host.liveDefinition(WEB)).isEmpty();

        host.start(WEB, NO_VFS);
        assertThat(state()).contains(VmState.RUNNING);
        assertThat(host.liveDefinition(WEB))
                .hasValueSatisfying(xml -> assertThat(xml).contains("web1"));
        host.pause(WEB);
        assertThat(state()).contains(VmState.PAUSED);
        host.resume(WEB);
        host.shutdown(WEB);
        assertThat(state()).contains(VmState.SHUTOFF);

        host.undefine(WEB);
        assertThat(host.find(WEB)).isEmpty();
    }

    @Test
    void readsTheDefinitionsOfSeveralVmsAtOnceWithoutThoseThatAreGone() {
        VmName running = host.vms().get(0).name();
        host.define(TestHosts.definition("web1"));

        Map<VmName, VmDefinitions> read = host.definitions(List.of(WEB, new VmName("gone"), running));

        assertThat(read).containsOnlyKeys(WEB, running);
        assertThat(read.get(WEB)).isEqualTo(new VmDefinitions(host.definition(WEB), Optional.empty()));
        assertThat(read.get(running))
                .isEqualTo(new VmDefinitions(host.definition(running), host.liveDefinition(running)));
        assertThat(host.definitions(List.of(WEB))).containsOnlyKeys(WEB);
        assertThat(host.definitions(List.of(new VmName("gone")))).isEmpty();
    }

    private Optional<VmState> state() {
        return host.find(WEB).map(HostedVm::state);
    }

    @Test
    void publishesLifecycleEvents() {
        List<HostEvent> events = new CopyOnWriteArrayList<>();
        host.subscribe(events::add);

        host.define(TestHosts.definition("web1"));
        host.start(WEB, NO_VFS);
        host.pause(WEB);
        host.resume(WEB);
        host.destroy(WEB);

        await().until(() -> events.stream().anyMatch(HostEvent.Stopped.class::isInstance));
        assertThat(events)
                .filteredOn(e -> e.vm().equals(WEB))
                .extracting(e -> e.getClass().getSimpleName())
                .containsSubsequence("DefinitionChanged", "Started", "Paused", "Resumed", "Stopped");
        assertThat(events)
                .filteredOn(HostEvent.Stopped.class::isInstance)
                .extracting(e -> ((HostEvent.Stopped) e).reason())
                .contains("destroyed");
    }

    /** Its saved memory would no longer match its disks. */
    @Test
    void refusesToStartAVmWithSavedMemory() throws LibvirtException {
        host.define(TestHosts.definition("web1"));
        host.start(WEB, NO_VFS);
        Connect other = new Connect("test:///default");
        Domain saved = other.domainLookupByName("web1");
        try {
            saved.managedSave();
            assertThatThrownBy(() -> host.start(WEB, NO_VFS))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_VM_STATE))
                    .hasMessageContaining("virsh managedsave-remove "
                            + host.find(WEB).orElseThrow().uuid());

            saved.managedSaveRemove();
            host.start(WEB, NO_VFS);
            assertThat(state()).contains(VmState.RUNNING);
        } finally {
            saved.free();
            other.close();
        }
    }

    @Test
    void reportsAMissingVm() {
        assertThat(host.find(new VmName("absent"))).isEmpty();
        assertThatThrownBy(() -> host.start(new VmName("absent"), NO_VFS))
                .isInstanceOfSatisfying(UnderstudyException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.VM_NOT_FOUND);
                    assertThat(e).hasMessageContaining("absent");
                });
    }

    @Test
    void reportsAWrongState() {
        host.define(TestHosts.definition("web1"));

        assertThatThrownBy(() -> host.destroy(WEB))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_VM_STATE));
    }

    @Test
    void reportsANameThatIsTaken() {
        host.define(TestHosts.definition("web1"));

        assertThatThrownBy(() -> host.define(TestHosts.definition("web1")))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VM_EXISTS));
    }

    @Test
    void reportsWhyLibvirtRejectsADefinition() {
        assertThatThrownBy(() -> host.define("<domain type='test'><name>web1</name></domain>"))
                .isInstanceOfSatisfying(UnderstudyException.class, e -> {
                    assertThat(e.code().exitCode()).isEqualTo(2);
                    assertThat(e).hasMessageContaining("libvirt reported: ");
                });
    }

    @Test
    void leaksNothingOverManyOpensAndCloses() {
        TestHosts.open().close();
        int handles = handles();
        int threads = Thread.activeCount();

        for (int i = 0; i < 1000; i++) {
            TestHosts.open().close();
        }

        await().until(() -> handles() <= handles + 4 && Thread.activeCount() <= threads + 4);
        assertThat(host.vms()).isNotEmpty();
    }

    private static int handles() {
        return new File("/proc/self/fd").list().length;
    }

    @Test
    void reportsThatItIsClosed() {
        Host other = TestHosts.open();
        other.close();

        assertThatThrownBy(other::vms).isInstanceOfSatisfying(UnderstudyException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
            assertThat(e).hasMessageContaining("is closed");
        });
    }
}
