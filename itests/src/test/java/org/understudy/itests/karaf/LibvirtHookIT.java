// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;
import org.understudy.itests.lab.LibvirtHosts;
import org.understudy.itests.lab.LibvirtPair;

/** Migrations by virsh alone; the libvirt hook on the destination requests the definition for that host from the server. */
@ExtendWith(SharedKaraf.class)
@Timeout(420)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LibvirtHookIT {
    private static final String HOST = """
              - name: %1$s
                connector: libvirt
                uri: "%2$s"
                peer-uri: qemu+tcp://%3$s/system
                migration-uri: tcp://%3$s
            """;
    private static final String INTO_CONFIGURATION = "echo '%s' >>/etc/understudy/hook.conf";

    private static LibvirtHosts hosts;
    private static KarafServer server;
    private static Rest rest;
    private static String hook;

    @BeforeAll
    static void start(KarafServer shared) throws Exception {
        Path guest = Built.guest();
        hook = Built.hooks().resolve("hook").toString();
        hosts = LibvirtHosts.start(guest, Built.hooks());
        hosts.output("beta", "ip", "link", "add", "br7", "type", "bridge");
        hosts.output("beta", "ip", "link", "set", "br7", "up");
        server = shared;
        Files.writeString(
                server.etc("org.understudy.hooks.cfg"), "socket = " + hosts.file("beta", "understudy/hooks.sock"));
        rest = server.startWith(
                "hosts:\n"
                        + HOST.formatted("alpha", hosts.uri("alpha"), "10.77.0.1")
                        + HOST.formatted("beta", hosts.uri("beta"), "10.77.0.2")
                        + "    networks: {br0: br7}\n",
                2);
        Path definition = hosts.file("alpha", "pair.xml");
        Files.writeString(definition, LibvirtPair.definition("mover", guest));
    }

    @AfterAll
    static void end() throws IOException {
        if (server != null) {
            Files.delete(server.etc("org.understudy.hooks.cfg"));
            server.manageNothing();
        }
        if (hosts != null) {
            hosts.close();
        }
    }

    @BeforeEach
    void startOnAlpha() {
        for (String host : new String[] {"alpha", "beta"}) {
            hosts.output(host, "sh", "-c", "virsh -q list --name | grep . | xargs -r virsh -q destroy");
            hosts.output(host, "sh", "-c", "virsh -q list --all --name | grep . | xargs -r virsh -q undefine");
        }
        hosts.output("alpha", "virsh", "-q", "define", "/run/pair.xml");
        hosts.output("alpha", "virsh", "-q", "start", "mover");
    }

    private static void migrateToBeta() {
        hosts.output(
                "alpha",
                "virsh",
                "-q",
                "migrate",
                "--live",
                "--p2p",
                "mover",
                "qemu+tcp://10.77.0.2/system",
                "tcp://10.77.0.2");
    }

    private static String bridgeOnBeta() {
        return hosts.output("beta", "sh", "-c", "virsh -q domiflist mover | awk '{ print $3 }'");
    }

    @Test
    @Order(1)
    void isInstalledByOneCommandAndFindsTheServer() {
        String said = hosts.output("beta", hook, "install", "libvirt");

        assertThat(said).contains("qemu.d/understudy: installed", "Understudy answers for host beta");
        assertThat(hosts.output("beta", hook, "status", "libvirt")).isEqualTo(said);
    }

    @Test
    @Order(2)
    void adaptsAnArrivingVmToTheHost() {
        server.awaitUntil(
                "the guest's primary",
                () -> LibvirtPair.lastState(hosts, "alpha").contains("path=primary"));

        migrateToBeta();

        assertThat(bridgeOnBeta()).isEqualTo("br7");
    }

    /**
     * As OpenNebula does with a VM that was suspended. libvirt pauses the guest before QEMU asks it to release its primary, so that the
     * image of a VM with a primary is never complete.
     */
    @Test
    @Order(2)
    void adaptsAVmThatIsRestoredFromASavedImageToTheHost() throws Exception {
        server.awaitUntil(
                "the guest's primary",
                () -> LibvirtPair.lastState(hosts, "alpha").contains("path=primary"));
        hosts.output(
                "alpha",
                "virsh",
                "-q",
                "qemu-monitor-command",
                "mover",
                "{\"execute\":\"device_del\",\"arguments\":{\"id\":\"ua-primary0\"}}");
        server.awaitUntil(
                "the guest without a primary",
                () -> LibvirtPair.lastState(hosts, "alpha").contains("path=standby"));
        hosts.output("alpha", "virsh", "-q", "save", "mover", "/run/mover.save");
        Files.move(hosts.file("alpha", "mover.save"), hosts.file("beta", "mover.save"));

        hosts.output("beta", "virsh", "-q", "restore", "/run/mover.save");

        assertThat(bridgeOnBeta()).isEqualTo("br7");
        assertThat(hosts.output("beta", "virsh", "domstate", "mover")).isEqualTo("running");
    }

    /** The server has prepared the definition itself, and receives the request during its own migration. */
    @Test
    @Order(2)
    void doesNotChangeTheServersOwnMigration() throws Exception {
        TestGuest mover = new TestGuest(rest, "mover");
        server.awaitUntil("the VM on alpha", () -> mover.place().equals("running on alpha"));

        JsonNode moved = rest.json(mover.migrate("beta"));

        assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
        assertThat(bridgeOnBeta()).isEqualTo("br7");
    }

    @Test
    @Order(3)
    void keepsTheDefinitionWhereTheServerDoesNotAnswer() {
        hosts.output("beta", "sh", "-c", INTO_CONFIGURATION.formatted("socket = /run/understudy/nobody.sock"));

        migrateToBeta();

        assertThat(bridgeOnBeta()).isEqualTo("br0");
    }

    @Test
    @Order(4)
    void refusesAVmThatMustHaveItsVfWhereTheServerDoesNotAnswer() {
        hosts.output("beta", "sh", "-c", INTO_CONFIGURATION.formatted("require-vf = yes"));

        assertThatThrownBy(LibvirtHookIT::migrateToBeta).hasMessageContaining("Understudy does not answer");
        assertThat(hosts.output("alpha", "virsh", "domstate", "mover")).isEqualTo("running");
    }

    /** For a manager that starts a VM even after an error of its hook. */
    @Test
    void showsTheReasonOfARefusalThatIsWrittenAsADefinition() throws Exception {
        Files.writeString(
                hosts.file("beta", "refused.xml"),
                "<domain type='understudy: refused: no VF is left'><name>refused</name></domain>");

        assertThatThrownBy(() -> hosts.output("beta", "virsh", "define", "/run/refused.xml"))
                .hasMessageContaining("understudy: refused: no VF is left");
    }

    @Test
    @Order(5)
    void isRemovedByOneCommand() {
        hosts.output("beta", hook, "remove", "libvirt");

        migrateToBeta();

        assertThat(hosts.output("beta", "sh", "-c", "find /etc/libvirt/hooks /usr/local/lib -name '*understudy*'"))
                .isEmpty();
    }
}
