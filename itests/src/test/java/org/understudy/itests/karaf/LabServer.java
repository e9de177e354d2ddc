// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import org.understudy.itests.Built;
import org.understudy.itests.lab.Leftovers;
import org.understudy.itests.lab.SriovLab;

/** A server that manages both hosts of a lab, whose VFs are in pool {@code pool-a}. */
final class LabServer implements AutoCloseable {
    private static final String PICTURE = """
            cd /sys/class/net/enp1s0/device
            cat sriov_numvfs; ls /sys/class/net
            for vf in virtfn*; do echo $vf $(cat $vf/driver_override) $(readlink $vf/driver); done
            ip -o link show enp1s0 | grep -o 'master.*state [A-Z]*'
            ip -d link show enp1s0 | sed -n 's/ *link.ether [^,]*,//; /^ *vf /p'
            { ip -d link show enp1s0; bridge fdb show dev enp1s0 | grep self; } | grep -o '52:54:00:11:[0-9a-f:]*'
            virsh -q list --all --name; virsh -q net-list --all --name
            find /etc/understudy /etc/libvirt/hooks -type f 2>/dev/null; pgrep -a qemu
            true
            """;
    private static final String VFS_IN_USE = "ls -d /sys/bus/pci/drivers/vfio-pci/0000:* 2>/dev/null | wc -l";

    /**
     * The first QEMU on an emulated host takes long to start: libvirt probes what it can do. Without a strategy the long downtime
     * there would make each next migration explicit.
     */
    private static final String MIGRATION = "{settle: 500ms, strategy: automatic, deadlines: {prepare: 90s}}";

    /** Most checks run a command or call libvirt on an emulated host. */
    private static final Duration POLL = Duration.ofSeconds(1);

    /** For tests that measure no gap: each heartbeat costs an emulated host CPU time. */
    static final String RARE_HEARTBEATS = "understudy.interval=200";

    final SriovLab lab;
    final KarafServer server;
    final Rest rest;
    private final int port = KarafServer.freeUdpPort();
    private final String before;

    static LabServer start(String... options) {
        try {
            return new LabServer(options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param options of {@code lab up} */
    private LabServer(String... options) throws IOException {
        // Only for the assumption; the lab has its own guest.
        Built.guest();
        lab = SriovLab.start(options);
        try {
            server = new KarafServer(Built.distribution(), POLL);
        } catch (IOException | InterruptedException e) {
            lab.close();
            throw new IOException(e);
        }
        try {
            rest = server.startWith(configuration(), 2);
            awaitVfs();
            before = picture();
        } catch (IOException | RuntimeException | AssertionError e) {
            close();
            throw e;
        }
    }

    private String configuration(String rest, String migration) throws IOException {
        return lab.hosts() + rest + "migration: " + migration + "\n";
    }

    private String configuration() throws IOException {
        return configuration(pools(), MIGRATION);
    }

    /** The pool, and the probe of {@code web1}. */
    String pools() {
        return """
                pools:
                  - {name: pool-a, select: ["enp1s0#0-5"]}
                probes:
                  web1: heartbeat:127.0.0.1:%d/1
                """.formatted(port);
    }

    /** Replaces the configuration except its hosts and its migration settings. */
    void configure(String rest) throws IOException {
        configure(rest, MIGRATION);
    }

    /** @param migration the settings for migrations */
    void configure(String rest, String migration) throws IOException {
        Files.writeString(server.etc("understudy.yaml"), configuration(rest, migration));
    }

    /** The state of the hosts that a test class must restore. */
    private String picture() {
        StringBuilder picture = new StringBuilder();
        for (String host : List.of("alpha", "beta")) {
            for (String line : lab.output(host, "bash", "-c", PICTURE).lines().toList()) {
                picture.append(host).append(": ").append(line).append('\n');
            }
        }
        return picture.toString();
    }

    /** Removes the VMs and the configuration of a test class, and requires the state before it. */
    void requireAsBefore(Class<?> tests) throws IOException, InterruptedException {
        Files.writeString(server.etc("understudy.yaml"), configuration());
        awaitVfs();
        server.removeVms();
        try {
            server.awaitUntil("both hosts as they were", () -> picture().equals(before));
        } finally {
            Leftovers.requireNone(tests, before, picture());
        }
    }

    private void awaitVfs() {
        server.awaitUntil("both hosts' VFs", () -> {
            JsonNode stocks = rest.json("/api/v1/pools").at("/0/stocks");
            return stocks.size() == 2
                    && stocks.findValuesAsText("free").stream().noneMatch("0"::equals);
        });
    }

    /** After the server was killed. */
    void restart() throws IOException, InterruptedException {
        server.start();
        awaitVfs();
    }

    /**
     * Defines a VM with a plain virtio NIC, adds a pair, and starts it on alpha; returns when the guest uses its VF.
     *
     * @param number of its MAC and address
     * @param options for the guest's kernel
     */
    TestGuest startGuest(String name, int number, String options) throws Exception {
        return startGuest("alpha", name, number, options);
    }

    /** The same on any host. */
    TestGuest startGuest(String host, String name, int number, String options) throws Exception {
        return startGuest(host, name, definition(name, number, options));
    }

    /** The same with a definition of the caller. */
    TestGuest startGuest(String host, String name, String definition) throws Exception {
        requireOk(rest.change("POST", "/api/v1/vms?host=" + host, definition));
        requireOk(rest.change("POST", "/api/v1/vms/" + name + "/pairs", "{\"nic\":\"only\",\"pool\":\"pool-a\"}"));
        requireOk(rest.change("POST", "/api/v1/vms/" + name + "/start", ""));
        TestGuest guest = new TestGuest(rest, name);
        guest.awaitActive();
        return guest;
    }

    static String address(int number) {
        return "10.88.0.5" + number;
    }

    /** Whether the guest answers pings over the wire, and what the endpoint counted meanwhile. */
    SriovLab.Figures requireReachable(int number) throws IOException {
        lab.watch(address(number));
        try {
            return await("answers of " + address(number))
                    .atMost(Duration.ofSeconds(60))
                    .until(lab::figures, seen -> seen.answers() >= 10);
        } finally {
            lab.stopWatching();
        }
    }

    int vfsInUse(String host) {
        return Integer.parseInt(lab.output(host, "sh", "-c", VFS_IN_USE));
    }

    static String other(String host) {
        return host.equals("alpha") ? "beta" : "alpha";
    }

    static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    @Override
    public void close() throws IOException {
        server.close();
        lab.close();
    }

    /** With a plain virtio NIC. */
    String definition(String name, int number, String options) {
        return """
                <domain type='kvm'>
                  <name>%1$s</name>
                  <memory unit='MiB'>160</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='q35'>hvm</type>
                    <kernel>%2$s/vmlinux</kernel>
                    <initrd>%2$s/initrd.img</initrd>
                    <cmdline>%7$s understudy.ip=%3$s/24 understudy.gw=10.88.0.1 understudy.heartbeat=10.88.0.1:%4$d understudy.interval=50 understudy.stream=%5$d %6$s</cmdline>
                  </os>
                  <features><acpi/><apic/></features>
                  <cpu mode='host-passthrough'/>
                  <devices>
                    <controller type='usb' model='none'/>
                    <interface type='bridge'>
                      <mac address='52:54:00:11:22:3%5$d'/>
                      <source bridge='br0'/>
                      <model type='virtio'/>
                    </interface>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(name, lab.guest(), address(number), port, number, options, Built.GUEST_OPTIONS);
    }
}
