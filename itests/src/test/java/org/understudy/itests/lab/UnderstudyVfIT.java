// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;

/** The command {@code understudy-vf} on a real kernel, checked with ip, lspci and a guest. */
@Tag(SriovHost.TAG)
@ExtendWith(SharedHost.class)
class UnderstudyVfIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static SriovHost host;
    private static String helper;
    private static Path guest;

    @BeforeAll
    static void start(SriovHost shared) {
        guest = Built.guest();
        host = shared;
        helper = host.scratch() + "/understudy-vf";
        host.copyIn(Built.vfCommand(), helper);
    }

    @AfterAll
    static void end() {
        if (host != null) {
            host.output("rm", "-f", helper);
        }
    }

    @Test
    void inventoryAgreesWithIp() throws IOException {
        JsonNode pf = StreamSupport.stream(helper("list").path("pfs").spliterator(), false)
                .filter(p -> p.path("netdev").asText().equals(host.pf()))
                .findFirst()
                .orElseThrow();
        assertThat(pf.path("totalvfs").asText()).isEqualTo(host.output("cat", host.totalvfs()));
        assertThat(pf.path("vfs")).hasSize(host.vfs());
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
        int last = host.vfs() - 1;
        String vf = host.vf(last);
        String driver = host.driver(vf);
        JsonNode before = seenByIp(last);
        String fencing = helper("lease", vf, "--owner", "it").path("fencing").asText();
        String[] holder = {"--owner", "it", "--fencing", fencing};
        helper("configure", vf, holder, "--mac", "52:54:00:11:22:44", "--vlan", "42", "--qos", "3", "--trust", "on");
        helper("configure", vf, holder, "--spoofchk", "off", "--max-rate", "100");
        helper("bind", vf, holder);
        JsonNode set = seenByIp(last);
        assertThat(set.path("address").asText()).isEqualTo("52:54:00:11:22:44");
        assertThat(set.path("vlan_list").path(0).path("vlan").asInt()).isEqualTo(42);
        assertThat(set.path("trust").asBoolean()).isTrue();
        assertThat(set.path("spoofchk").asBoolean()).isFalse();
        assertThat(host.output("lspci", "-ks", vf)).contains("driver in use: vfio-pci");
        helper("release", vf, holder);
        assertThat(seenByIp(last)).isEqualTo(before);
        assertThat(host.output("lspci", "-ks", vf)).contains("driver in use: " + driver);
    }

    @Test
    void guestOfUnprivilegedQemuPairsVirtioWithTheVfThatItBinds() {
        host.needsGuests();
        SriovHost.Result result = host.runScript(
                Built.lab("nested-pair"), host.here(guest).toString(), host.pf(), host.user(), "150", helper);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.output()).contains("path=primary").contains(host.driver(host.vf(0)) + ",up,1");
    }

    @Test
    void killsAttacksAndAHundredCyclesLeaveTheVfAsItWas() {
        host.needs("qemu-system-x86_64", "strace");
        SriovHost.Result result =
                host.runScript(Built.nativeSource("test/on-host"), helper, host.pf(), host.user(), "100");
        assertThat(result.status()).as("%s", result).isZero();
        assertThat(result.output()).containsPattern("on-host: [0-9]+ passed");
    }

    private static JsonNode seenByIp(int index) throws IOException {
        return JSON.readTree(host.output("ip", "-j", "link", "show", host.pf()))
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
        command[0] = helper;
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        command[command.length - 1] = "--json";
        return JSON.readTree(host.output(command));
    }
}
