// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;

/**
 * A pair with a fixed VF between two SR-IOV hosts, migrated by virsh alone: the libvirt hook queries the server over a socket
 * that ssh forwards to the destination.
 */
@Tag("lab")
@Tag("two-hosts")
@ExtendWith(SharedLab.class)
@Order(4)
@Timeout(900)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HookScenarioIT {
    private static final Pattern VF =
            Pattern.compile("<interface type='hostdev'.*?<address (type='pci'[^>]*)/>", Pattern.DOTALL);

    private static LabServer lab;
    private static TestGuest guest;

    @BeforeAll
    static void start(LabServer shared) throws Exception {
        lab = shared;
        Path socket = lab.server.home.resolve("hooks.sock");
        Files.writeString(lab.server.etc("org.understudy.hooks.cfg"), "socket = " + socket);
        lab.server.awaitUntil("the server's socket", () -> Files.exists(socket));
        lab.lab.lend("beta", socket, "/run/understudy/hooks.sock");
        lab.lab.bring("beta", Built.hooks(), "/tmp/hooks");
        assertThat(lab.lab.output("beta", "/tmp/hooks/hook", "install", "libvirt"))
                .contains("Understudy answers for host beta");
        // Both hosts are emulated, on one machine.
        lab.lab.output("beta", "sh", "-c", "echo 'deadline = 30' >>/etc/understudy/hook.conf");
        guest = lab.startGuest("web1", 1, LabServer.RARE_HEARTBEATS);
    }

    @AfterAll
    static void end() throws Exception {
        if (lab != null) {
            lab.lab.output("beta", "/tmp/hooks/hook", "remove", "libvirt");
            lab.lab.output("beta", "sh", "-c", "rm -rf /tmp/hooks /tmp/*.xml /etc/understudy/hook.conf");
        }
    }

    private static String vfOn(String host) {
        Matcher vf = VF.matcher(lab.lab.output(host, "virsh", "dumpxml", "web1"));
        assertThat(vf.find()).isTrue();
        return vf.group(1);
    }

    /** Leases the VF with the same address as on alpha, for the arrival of a VM that never comes. */
    private static void takeTheFirstVfOfBeta() throws Exception {
        long asked = System.nanoTime();
        HttpResponse<String> taken = lab.rest.change(
                "POST", "/api/v1/provision/arriving?host=beta&nic=only&pool=pool-a", lab.definition("ghost", 2, ""));
        System.err.printf("a VF was leased and bound in %d ms%n", (System.nanoTime() - asked) / 1_000_000);
        assertThat(Rest.JSON.readTree(taken.body()).get("definition").asText())
                .as(taken.body())
                .contains(vfOn("alpha"));
    }

    /** As CloudStack's transformer does, and then the agent. */
    @Test
    @Order(2)
    void startsAVmOfAnotherManagerOnALeasedVfThatIsAPlainDevice() throws Exception {
        Files.writeString(lab.server.home.resolve("web2.xml"), lab.definition("web2", 2, LabServer.RARE_HEARTBEATS));
        lab.lab.bring("beta", lab.server.home.resolve("web2.xml"), "/tmp/web2.xml");
        lab.lab.output("beta", "sh", "-c", "printf 'networks = br0\npool = pool-a\n' >>/etc/understudy/hook.conf");

        String definition = lab.lab.output(
                "beta",
                "sh",
                "-ec",
                "python3 /usr/local/lib/understudy/understudy_hook.py transform plain-hostdev </tmp/web2.xml"
                        + " >/tmp/paired.xml; virsh -q create /tmp/paired.xml; cat /tmp/paired.xml");

        assertThat(definition).contains("<hostdev mode='subsystem' type='pci'").doesNotContain("type='hostdev'");
        new TestGuest(lab.rest, "web2").awaitActive();
        lab.requireReachable(2);
        assertThat(lab.rest.get("/api/v1/vfs").body()).contains("web2");
        lab.lab.output("beta", "virsh", "-q", "destroy", "web2");
    }

    /** libvirt does not set the MAC of a plain device, and without it the guest would have no pair. */
    @Test
    @Order(3)
    void startsAVmOnThePlainDeviceThatItsDefinitionNames() throws Exception {
        LabServer.requireOk(
                lab.rest.change("POST", "/api/v1/vms?host=beta", lab.definition("web3", 3, LabServer.RARE_HEARTBEATS)));
        LabServer.requireOk(lab.rest.change(
                "POST",
                "/api/v1/vms/web3/pairs",
                "{\"nic\":\"only\",\"pool\":\"pool-a\",\"form\":\"plain-hostdev\",\"vf\":\"0000:01:11.0\"}"));

        LabServer.requireOk(lab.rest.change("POST", "/api/v1/vms/web3/start", ""));

        new TestGuest(lab.rest, "web3").awaitActive();
        lab.requireReachable(3);
        assertThat(lab.lab.output("beta", "virsh", "dumpxml", "web3"))
                .contains("<hostdev mode='subsystem' type='pci'")
                .doesNotContain("<interface type='hostdev'");
        assertThat(holders("beta", "0000:01:11.0")).containsExactly("web3");
        LabServer.requireOk(lab.rest.change("POST", "/api/v1/vms/web3/destroy", ""));
        lab.server.awaitUntil(
                "the VF, given back", () -> holders("beta", "0000:01:11.0").isEmpty());
    }

    private static List<String> holders(String host, String vf) throws Exception {
        List<String> holders = new ArrayList<>();
        for (JsonNode inventory : lab.rest.json("/api/v1/vfs")) {
            for (JsonNode known : inventory.get("vfs")) {
                if (inventory.get("host").asText().equals(host)
                        && known.get("address").asText().equals(vf)
                        && known.has("holder")) {
                    holders.add(known.at("/holder/vm").asText());
                }
            }
        }
        return holders;
    }

    @Test
    @Order(1)
    void virshMovesAFixedVfToAHostWhereItHasAnotherAddress() throws Exception {
        String here = vfOn("alpha");
        takeTheFirstVfOfBeta();

        long began = System.nanoTime();
        lab.lab.output(
                "alpha",
                "virsh",
                "-q",
                "migrate",
                "--live",
                "--p2p",
                "--persistent",
                "--undefinesource",
                "web1",
                "qemu+tcp://10.77.0.2/system",
                "tcp://10.77.0.2");

        System.err.printf("virsh migrated in %d ms%n", (System.nanoTime() - began) / 1_000_000);
        assertThat(guest.place()).isEqualTo("running on beta");
        assertThat(vfOn("beta")).isNotEqualTo(here);
        guest.awaitActive();
        lab.requireReachable(1);
        requireShownLikeOurOwn();
        lab.server.awaitUntil(
                "alpha's VF and the one that was for nobody, given back",
                () -> lab.vfsInUse("alpha") == 0 && lab.vfsInUse("beta") == 1);
        // The guests of the next tests need the CPU of beta.
        LabServer.requireOk(lab.rest.change("POST", "/api/v1/vms/web1/destroy", ""));
    }

    /** A migration that another client started has the same timeline. */
    private static void requireShownLikeOurOwn() throws Exception {
        lab.server.awaitUntil(
                "its end", () -> lab.rest.json("/api/v1/migrations").at("/0").has("outcome"));
        JsonNode seen = lab.rest.json("/api/v1/migrations").get(0);
        assertThat(seen.get("outcome").asText()).as("%s", seen).isEqualTo("completed");
        assertThat(seen.get("source").asText() + " to "
                        + seen.get("destination").asText())
                .isEqualTo("alpha to beta");
        assertThat(seen.get("steps").findValuesAsText("state"))
                .as("%s", seen)
                .containsExactly("skipped", "skipped", "done", "done", "done", "done", "skipped");
    }
}
