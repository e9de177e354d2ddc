// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.PfView;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostDevices;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.hostnic.backend.ConnectorDevices;
import org.understudy.hostnic.backend.NodeDeviceBackend;
import org.understudy.itests.Built;
import org.understudy.libvirt.host.LibvirtConnector;

/** A guest with a real VF of libvirt's own pool, driven from outside through libvirt. */
@Order(1)
@ExtendWith(SharedHost.class)
class LibvirtVfIT {
    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final VmName WEB = new VmName("web1");
    private static final Alias STANDBY = new Alias("ua-standby0");
    private static final Alias PRIMARY = new Alias("ua-vf0");
    private static final Alias UNNAMED = new Alias("ua-primary-of-standby0");

    private static EmulatedHost machine;
    private static Host host;
    private static Path guest;

    @BeforeAll
    static void start(EmulatedHost shared) {
        guest = Built.guest();
        machine = shared;
        machine.output("sh", "-ec", """
                echo "<network><name>pool</name><forward mode='hostdev' managed='yes'><pf dev='$1'/></forward></network>" >/tmp/pool.xml
                virsh net-define /tmp/pool.xml
                virsh net-start pool
                """, "sh", machine.pf());
        host = new LibvirtConnector()
                .open(new HostPolicy(
                        new HostName("a"),
                        "libvirt",
                        Map.of("uri", "qemu+unix:///system?socket=" + machine.libvirtSocket())));
    }

    @AfterAll
    static void end() {
        if (host != null) {
            host.close();
        }
        if (machine != null) {
            machine.output("sh", "-ec", "virsh -q net-destroy pool; virsh -q net-undefine pool; rm /tmp/pool.xml");
        }
    }

    @Test
    void unplugsTheVfFromTheGuestAndPlugsItAgain() {
        List<HostEvent> heard = new CopyOnWriteArrayList<>();
        host.subscribe(heard::add);
        host.define(domain());
        host.start(WEB, Map.of());
        awaitPresence(PrimaryPresence.ENABLED);
        assertThat(host.standbyNegotiated(WEB, STANDBY)).contains(true);
        assertThat(heard).anyMatch(HostEvent.StandbyNegotiated.class::isInstance);

        assertThat(host.facts().vfNetworks()).containsExactly("pool");
        assertThat(host.whyWithout(WEB, PRIMARY))
                .extracting(Finding::message)
                .singleElement()
                .satisfies(m -> assertThat(m).contains("no obstacle was found"));

        host.unplugPrimary(WEB, PRIMARY);
        awaitPresence(PrimaryPresence.ABSENT);
        await().atMost(BOOT).until(() -> heard.stream().anyMatch(HostEvent.DeviceGone.class::isInstance));

        host.plugPrimary(WEB, PRIMARY, Optional.empty());
        awaitPresence(PrimaryPresence.ENABLED);
        assertThat(heard).anyMatch(HostEvent.DevicePlugged.class::isInstance);
    }

    @Test
    void reportsItsVfsAndTheirChangesOverItsOwnConnection() {
        String vfs = "/sys/class/net/" + machine.pf() + "/device/sriov_numvfs";
        HostDevices devices = (HostDevices) host;
        AtomicInteger told = new AtomicInteger();
        NodeDeviceBackend nics = new NodeDeviceBackend(new ConnectorDevices(host.name(), devices));
        assertThat(nics.read().pfs()).extracting(PfView::netdev).containsExactly(Optional.of(machine.pf()));
        assertThat(nics.read().vfs()).hasSize(7).allMatch(vf -> vf.device().equals("10ca"));

        Subscription watching = nics.watch(told::incrementAndGet, reason -> {});
        try {
            machine.output("virsh", "net-destroy", "pool");
            machine.output("sh", "-ec", "echo 0 >" + vfs);
            await().atMost(BOOT).until(() -> told.get() > 0);
            await().atMost(BOOT).until(() -> nics.read().vfs().isEmpty());

            told.set(0);
            machine.output("sh", "-ec", "echo 7 >" + vfs);
            await().atMost(BOOT).until(() -> told.get() > 0);
            await().atMost(BOOT).until(() -> nics.read().vfs().size() == 7);
        } finally {
            watching.close();
            machine.output("sh", "-ec", "[ $(cat " + vfs + ") = 7 ] || echo 7 >" + vfs + "; virsh net-start pool");
        }
    }

    /** As in libvirt's documentation, without an alias. */
    @Test
    void runsAPrimaryThatIsAPlainHostdev() {
        String mac = machine.output(
                "sh", "-c", "ip link show " + machine.pf() + " | sed -n 's/.*vf 2 .*link.ether \\([^ ]*\\).*/\\1/p'");
        machine.output("ip", "link", "set", machine.pf(), "vf", "2", "mac", "52:54:00:11:22:66");
        int begin = domain().indexOf("<interface type='network'>");
        int end = domain().indexOf("<memballoon");
        host.define(domain().substring(0, begin) + """
                <hostdev mode='subsystem' type='pci' managed='yes'>
                  <source><address domain='0' bus='1' slot='0x10' function='4'/></source>
                  <teaming type='transient' persistent='ua-standby0'/>
                  <rom enabled='no'/>
                </hostdev>
                """ + domain().substring(end));

        host.start(WEB, Map.of());
        awaitPresence(UNNAMED, PrimaryPresence.ENABLED);
        host.unplugPrimary(WEB, UNNAMED);
        awaitPresence(UNNAMED, PrimaryPresence.ABSENT);
        host.plugPrimary(WEB, UNNAMED, Optional.empty());
        awaitPresence(UNNAMED, PrimaryPresence.ENABLED);
        forget();
        machine.output("ip", "link", "set", machine.pf(), "vf", "2", "mac", mac);
    }

    @Test
    void isControlledAndSendsEventsOverSsh(@TempDir Path folder) throws IOException {
        List<HostEvent> heard = new CopyOnWriteArrayList<>();
        try (Host remote = overSsh(folder, "yes")) {
            remote.subscribe(heard::add);

            remote.define(domain());
            remote.start(WEB, Map.of());

            await().atMost(BOOT).until(() -> heard.stream().anyMatch(HostEvent.Started.class::isInstance));
            heard.clear();
            machine.output("virsh", "metadata", "web1", "--uri", "urn:x", "--key", "k", "--set", "<a/>");
            await().atMost(BOOT).until(() -> heard.stream().anyMatch(HostEvent.DefinitionChanged.class::isInstance));
            assertThat(remote.facts().summary()).contains("qemu+ssh://root@127.0.0.1");
            assertThat(remote.examine()).noneMatch(f -> f.code() == FindingCode.MONITOR_SILENT);
        }
    }

    @Test
    void reportsThatSshWasRefused(@TempDir Path folder) {
        assertThatThrownBy(() -> overSsh(folder, "no")).isInstanceOfSatisfying(UnderstudyException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
            assertThat(e).hasMessageContaining("Permission denied");
        });
    }

    /** The emulated host has virt-ssh-helper, but not the program with which libvirt searches for it. */
    private static Host overSsh(Path folder, String withKey) throws IOException {
        Path ssh = Files.writeString(
                folder.resolve("ssh"), """
                #!/bin/sh
                exec ssh -F /dev/null -o IdentityFile=%1$s/client_key -o UserKnownHostsFile=%1$s/known_hosts \\
                  -o PubkeyAuthentication=%2$s "$@"
                """.formatted(machine.sshConfig().getParent(), withKey));
        Files.setPosixFilePermissions(ssh, PosixFilePermissions.fromString("rwx------"));
        Matcher port = Pattern.compile("Port (\\d+)").matcher(Files.readString(machine.sshConfig()));
        assertThat(port.find()).isTrue();
        String uri = "qemu+ssh://root@127.0.0.1:" + port.group(1) + "/system?proxy=native&command=" + ssh;
        return new LibvirtConnector().open(new HostPolicy(new HostName("b"), "libvirt", Map.of("uri", uri)));
    }

    @AfterEach
    void forget() {
        if (host.find(WEB).isPresent()) {
            host.destroy(WEB);
            host.undefine(WEB);
        }
    }

    private static void awaitPresence(PrimaryPresence wanted) {
        awaitPresence(PRIMARY, wanted);
    }

    private static void awaitPresence(Alias primary, PrimaryPresence wanted) {
        await(wanted.name())
                .atMost(BOOT)
                .pollInterval(Duration.ofMillis(500))
                .until(() -> host.primaryPresence(WEB, primary) == wanted);
    }

    private static String domain() {
        return """
                <domain type='kvm'>
                  <name>web1</name>
                  <memory unit='MiB'>160</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%1$s/vmlinux</kernel>
                    <initrd>%1$s/initrd.img</initrd>
                    <cmdline>%2$s</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='host-passthrough'/>
                  <devices>
                    <controller type='usb' model='none'/>
                    <interface type='bridge'>
                      <mac address='52:54:00:11:22:66'/>
                      <source bridge='br0'/>
                      <model type='virtio'/>
                      <teaming type='persistent'/>
                      <alias name='ua-standby0'/>
                    </interface>
                    <interface type='network'>
                      <mac address='52:54:00:11:22:66'/>
                      <source network='pool'/>
                      <teaming type='transient' persistent='ua-standby0'/>
                      <alias name='ua-vf0'/>
                      <rom enabled='no'/>
                    </interface>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(guest, Built.GUEST_OPTIONS);
    }
}
