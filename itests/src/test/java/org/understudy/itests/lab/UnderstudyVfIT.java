// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.understudy.api.MacAddress;
import org.understudy.api.Subscription;
import org.understudy.api.VfState;
import org.understudy.api.VfView;
import org.understudy.api.spi.VfSettings;
import org.understudy.hostnic.port.CommandFunctions;
import org.understudy.hostnic.port.Functions;
import org.understudy.hostnic.port.Functions.Claim;
import org.understudy.hostnic.port.Functions.Ticket;
import org.understudy.hostnic.run.SshRunner;
import org.understudy.itests.Built;

/** {@code understudy-vf} on a real kernel, called there and over ssh; ip, lspci and a guest are the witnesses. */
class UnderstudyVfIT {
    private static final String HELPER = "/usr/sbin/understudy-vf";
    private static final ObjectMapper JSON = new ObjectMapper();

    private static EmulatedHost host;
    private static Path guest;

    @BeforeAll
    static void start() {
        guest = Built.guest();
        host = EmulatedHost.start("--share", guest.toString());
        host.copyIn(Built.vfCommand(), HELPER);
    }

    @AfterAll
    static void end() {
        if (host != null) {
            host.close();
        }
    }

    @Test
    void inventoryAgreesWithIp() throws IOException {
        JsonNode pf = helper("list").path("pfs").path(0);
        assertThat(pf.path("netdev").asText()).isEqualTo("enp1s0");
        assertThat(pf.path("totalvfs").asInt()).isEqualTo(7);
        assertThat(pf.path("vfs")).hasSize(7);
        for (JsonNode vf : pf.path("vfs")) {
            JsonNode seen = seenByIp(vf.path("index").asInt());
            assertThat(vf.path("mac")).isEqualTo(seen.path("address"));
            assertThat(vf.path("spoofchk").asBoolean())
                    .isEqualTo(seen.path("spoofchk").asBoolean());
            assertThat(vf.path("trust").asBoolean())
                    .isEqualTo(seen.path("trust").asBoolean());
        }
    }

    @Test
    void vfIsAsBeforeAfterAllThatCanBeSet() throws IOException {
        String vf = "0000:01:11.4";
        JsonNode before = seenByIp(6);
        String fencing = helper("lease", vf, "--owner", "it").path("fencing").asText();
        String[] holder = {"--owner", "it", "--fencing", fencing};
        helper("configure", vf, holder, "--mac", "52:54:00:11:22:44", "--vlan", "42", "--qos", "3", "--trust", "on");
        helper("configure", vf, holder, "--spoofchk", "off", "--max-rate", "100");
        helper("bind", vf, holder);
        JsonNode set = seenByIp(6);
        assertThat(set.path("address").asText()).isEqualTo("52:54:00:11:22:44");
        assertThat(set.path("vlan_list").path(0).path("vlan").asInt()).isEqualTo(42);
        assertThat(set.path("trust").asBoolean()).isTrue();
        assertThat(set.path("spoofchk").asBoolean()).isFalse();
        assertThat(host.output("lspci", "-ks", vf)).contains("driver in use: vfio-pci");
        helper("release", vf, holder);
        assertThat(seenByIp(6)).isEqualTo(before);
        assertThat(host.output("lspci", "-ks", vf)).contains("driver in use: igbvf");
    }

    @Test
    void guestOfUnprivilegedQemuPairsVirtioWithTheVfThatItBinds() {
        EmulatedHost.Result result = host.runScript(Built.lab("nested-pair"), guest.toString(), "150", HELPER);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.output()).contains("path=primary").contains("igbvf,up,1");
    }

    @Test
    void remoteServerLeasesPreparesAndReleasesOverSsh() throws IOException {
        try (Functions remote = overSsh()) {
            VfView free = remote.read().vfs().get(5);
            assertThat(free.state()).isEqualTo(VfState.FREE);
            JsonNode before = seenByIp(5);
            Ticket ticket = remote.lease(free.address(), new Claim("it@emulated", "web1", "ua-vf0"))
                    .orElseThrow();
            assertThat(remote.lease(free.address(), new Claim("it@emulated", "web2", "ua-vf0")))
                    .isEmpty();
            MacAddress mac = new MacAddress("52:54:00:11:22:55");
            remote.prepare(
                    ticket, new VfSettings(mac, 7, Optional.of(true), Optional.empty(), true, OptionalInt.empty()));
            assertThat(seenByIp(5).path("address").asText()).isEqualTo(mac.value());
            assertThat(remote.read().vfs().get(5).driver()).contains("vfio-pci");
            remote.release(ticket);
            assertThat(seenByIp(5)).isEqualTo(before);
            assertThat(remote.read().vfs().get(5).state()).isEqualTo(VfState.FREE);
        }
    }

    @Test
    void remoteServerHearsOfVanishedVfs() throws IOException {
        AtomicLong heard = new AtomicLong();
        try (Functions remote = overSsh();
                Subscription watch = remote.watch(heard::incrementAndGet, reason -> heard.set(-1))) {
            assertThat(watch).isNotNull();
            // The watch says nothing when it is on, so something has to change until it is heard.
            Awaitility.await().until(() -> {
                host.output("ip", "link", "set", "enp1s0v4", "mtu", heard.get() % 2 == 0 ? "1400" : "1500");
                return heard.get() > 0;
            });
            changeVfs(0, heard);
            assertThat(remote.read().vfs()).isEmpty();
            changeVfs(7, heard);
            assertThat(remote.read().vfs()).hasSize(7);
        }
    }

    /** Each of the VFs comes or goes with a line at least. */
    private static void changeVfs(int count, AtomicLong heard) {
        host.output("udevadm", "settle", "-t", "10");
        long before = heard.get();
        host.output("sh", "-c", "echo " + count + " >/sys/class/net/enp1s0/device/sriov_numvfs");
        Awaitility.await().until(() -> heard.get() >= before + 7);
    }

    private static Functions overSsh() throws IOException {
        return new CommandFunctions(new SshRunner(host.sshTarget(), List.of(HELPER)), "it@emulated", "tester");
    }

    private static JsonNode seenByIp(int index) throws IOException {
        return JSON.readTree(host.output("ip", "-j", "link", "show", "enp1s0"))
                .path(0)
                .path("vfinfo_list")
                .path(index);
    }

    private static JsonNode helper(String command, String vf, String[] holder, String... options) throws IOException {
        String[] arguments = new String[2 + holder.length + options.length];
        arguments[0] = command;
        arguments[1] = vf;
        System.arraycopy(holder, 0, arguments, 2, holder.length);
        System.arraycopy(options, 0, arguments, 2 + holder.length, options.length);
        return helper(arguments);
    }

    private static JsonNode helper(String... arguments) throws IOException {
        String[] command = new String[arguments.length + 2];
        command[0] = HELPER;
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        command[command.length - 1] = "--json";
        return JSON.readTree(host.output(command));
    }
}
