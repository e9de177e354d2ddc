// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.understudy.api.Alias;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;

/** A Linux guest with a failover pair, on two hosts of this machine. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PairTest {
    private static final VmName VM = new VmName("web1");
    private static final Alias STANDBY = new Alias("ua-standby0");
    private static final Alias PRIMARY = new Alias("ua-primary0");

    /** The tests share the guest while it runs; each test starts on its current host. */
    private static Lab lab;

    private static Host a;
    private static Host b;

    @BeforeAll
    static void openHosts() throws IOException {
        Lab.guest();
        lab = new Lab();
        a = lab.host("a");
        b = lab.host("b");
    }

    @BeforeEach
    void startOnCurrentHostOfGuest() {
        if (isRunning(b)) {
            Host before = a;
            a = b;
            b = before;
        }
        remove(b);
        if (!isRunning(a) || !hasActivePair()) {
            remove(a);
            a.define(definition(Lab.guest()));
            startWithActivePair();
        }
    }

    private static boolean isRunning(Host host) {
        return host.find(VM).map(HostedVm::state).equals(Optional.of(VmState.RUNNING));
    }

    /** A guest that was migrated by an earlier test may need up to 20 s; a crashed guest is started again. */
    private static boolean hasActivePair() {
        try {
            Lab.await("pair")
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> a.primaryPresence(VM, PRIMARY) == PrimaryPresence.ENABLED);
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }

    private static void remove(Host host) {
        host.incoming(VM).ifPresent(IncomingMigration::abort);
        if (host.find(VM).isPresent()) {
            if (host.liveDefinition(VM).isPresent()) {
                host.destroy(VM);
            }
            host.undefine(VM);
        }
    }

    @AfterAll
    static void endAll() {
        if (lab != null) {
            lab.close();
        }
    }

    private static String definition(Path guest) {
        return """
                <domain type='qemu'>
                  <name>web1</name>
                  <memory unit='KiB'>196616</memory>
                  <vcpu>1</vcpu>
                  <os><type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%s/vmlinux</kernel><initrd>%s/initrd.img</initrd>
                    <cmdline>console=ttyS0 quiet mitigations=off no_timer_check cryptomgr.notests</cmdline></os>
                  <features><acpi/><apic/></features>
                  <devices>
                    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/>
                      <teaming type='persistent'/><alias name='ua-standby0'/></interface>
                    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='e1000e'/>
                      <teaming type='transient' persistent='ua-standby0'/><alias name='ua-primary0'/><rom enabled='no'/></interface>
                    <serial type='unix'/>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(guest, guest);
    }

    @Test
    void migratesGuestWithPair() {
        List<HostEvent> onB = Lab.record(b);
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = send(in);
        complete(in, out);
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.INCOMING);
        in.accept();
        out.finish();

        assertThat(a.find(VM)).isEmpty();
        assertThat(b.find(VM).orElseThrow().state()).isEqualTo(VmState.RUNNING);
        Lab.await("primary").until(() -> b.primaryPresence(VM, PRIMARY) == PrimaryPresence.ENABLED);
        Lab.await("resume event").until(() -> onB.stream().anyMatch(HostEvent.Resumed.class::isInstance));
    }

    @Test
    void keepsGuestOnSourceIfDestinationIsAborted() {
        List<HostEvent> onA = Lab.record(a);
        IncomingMigration in = b.prepareIncoming(request());
        OutgoingMigration out = send(in);
        Lab.await("pre-switchover").until(() -> out.progress().phase() == MigrationPhase.PRE_SWITCHOVER);
        in.abort();
        in.abort();
        assertThat(b.find(VM)).isEmpty();
        assertThat(b.incoming(VM)).isEmpty();
        out.cancel();
        Lab.await("recovery").until(() -> a.find(VM).orElseThrow().state() == VmState.RUNNING);
        out.resumeOnSource();
        assertThat(a.outgoing(VM)).isEmpty();
        Lab.await("primary").until(() -> a.primaryPresence(VM, PRIMARY) == PrimaryPresence.ENABLED);
        assertThat(onA)
                .anyMatch(e ->
                        e instanceof HostEvent.UnplugRequested u && u.primary().equals(PRIMARY));
        assertThat(lab.root().resolve(b.name() + "/web1")).doesNotExist();
    }

    @Test
    void unplugsAndPlugsPrimaryOfRunningGuest() {
        List<HostEvent> onA = Lab.record(a);
        for (int times = 1; times <= 2; times++) {
            int gone = times;
            a.unplugPrimary(VM, PRIMARY);
            Lab.await("event").until(() -> onA.stream().filter(this::isGone).count() == gone);
            assertThat(a.primaryPresence(VM, PRIMARY)).isEqualTo(PrimaryPresence.ABSENT);
            a.plugPrimary(VM, PRIMARY, Optional.empty());
            Lab.await("recovery").until(() -> a.primaryPresence(VM, PRIMARY) == PrimaryPresence.ENABLED);
        }
    }

    private boolean isGone(HostEvent event) {
        return event instanceof HostEvent.DeviceGone g && g.device().equals(PRIMARY);
    }

    @Test
    void enablesPrimaryOnABusWithoutRootPortsInTheDefinition() {
        VmName other = new VmName("web2");
        String rom = "<rom enabled='no'/>";
        a.define(definition(Lab.guest())
                .replace("web1", "web2")
                .replace(rom, rom + "<address type='pci' domain='0' bus='2' slot='0' function='0'/>"));
        a.start(other, Map.of());
        Lab.await("pair").until(() -> a.primaryPresence(other, PRIMARY) == PrimaryPresence.ENABLED);
        a.destroy(other);
        a.undefine(other);
    }

    /** The last one, so that no other has to boot the guest again. */
    @Test
    @Order(Integer.MAX_VALUE)
    void shutsGuestDownByAcpiPowerButton() {
        a.shutdown(VM);
        Lab.await("shutdown").until(() -> a.find(VM).orElseThrow().state() == VmState.SHUTOFF);
        assertThat(a.find(VM).orElseThrow().details()).isEqualTo("guest shutdown");
    }

    private void complete(IncomingMigration in, OutgoingMigration out) {
        Lab.await("pre-switchover").until(() -> out.progress().phase() == MigrationPhase.PRE_SWITCHOVER);
        out.continueToSwitch();
        Lab.await("end")
                .until(() ->
                        out.progress().phase() == MigrationPhase.COMPLETED && in.phase() == MigrationPhase.COMPLETED);
    }

    private static void startWithActivePair() {
        a.start(VM, Map.of());
        assertThat(a.primaryPresence(VM, PRIMARY)).isEqualTo(PrimaryPresence.HIDDEN);
        Lab.await("pair").until(() -> a.primaryPresence(VM, PRIMARY) == PrimaryPresence.ENABLED);
        assertThat(a.standbyNegotiated(VM, STANDBY)).contains(true);
    }

    private IncomingRequest request() {
        return new IncomingRequest(
                new MigrationId("m-1"),
                VM,
                a.liveDefinition(VM).orElseThrow(),
                a.definition(VM),
                MigrationOptions.defaults(),
                Map.of());
    }

    private OutgoingMigration send(IncomingMigration in) {
        return a.startOutgoing(
                new OutgoingRequest(new MigrationId("m-1"), VM, in.uri(), MigrationOptions.defaults(), "", ""));
    }
}
