// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.understudy.itests.Built;
import org.understudy.itests.lab.LibvirtHosts;
import org.understudy.itests.lab.LibvirtPair;

/** One server that drives two hosts managed by libvirt, {@code alpha} and {@code beta}. */
final class LibvirtServer implements AutoCloseable {
    private static final String HOST = """
              - name: %1$s
                connector: libvirt
                uri: "%2$s"
                peer-uri: qemu+tcp://%3$s/system
                migration-uri: tcp://%3$s
            """;
    final KarafServer karaf;
    final Rest rest;
    final RemoteShell shell;
    private final String suite;
    private final LibvirtHosts hosts;
    private final Path guest;

    /**
     * @param karaf one that has no hosts yet
     * @param suite the Debian suite of the libvirt of the hosts
     */
    LibvirtServer(KarafServer karaf, String suite) throws Exception {
        this.karaf = karaf;
        this.suite = suite;
        guest = Built.guest();
        hosts = LibvirtHosts.start(suite, guest);
        try {
            rest = karaf.startWith(
                    "hosts:\n"
                            + HOST.formatted("alpha", hosts.uri("alpha"), "10.77.0.1")
                            + HOST.formatted("beta", hosts.uri("beta"), "10.77.0.2"),
                    2);
            shell = new RemoteShell(karaf.sshPort, "admin", karaf.password());
        } catch (Exception | AssertionError e) {
            hosts.close();
            throw e;
        }
    }

    /** Returns when its primary carries its traffic. */
    TestGuest startsAGuest() throws Exception {
        return startsAGuest(() -> LibvirtPair.lastState(hosts, "alpha").contains("path=primary"));
    }

    /**
     * With QEMU before 6.1, the guest gets its primary at boot and loses it a few seconds later: QEMU presses the attention
     * button of a slot that the guest has powered on already, so Linux powers it off. Returns when the guest has its primary.
     */
    TestGuest startsAGuestWithNativeHotplug() throws Exception {
        return startsAGuest(() -> LibvirtPair.states(hosts, "alpha").contains("=primary,"));
    }

    private TestGuest startsAGuest(Callable<Boolean> hasPrimary) throws Exception {
        requireOk(rest.change("POST", "/api/v1/vms?host=alpha", LibvirtPair.definition("mover", guest, suite)));
        requireOk(rest.change("POST", "/api/v1/vms/mover/start", ""));
        TestGuest mover = new TestGuest(rest, "mover");
        karaf.awaitUntil("the guest's primary", hasPrimary);
        assertThat(mover.place()).isEqualTo("running on alpha");
        return mover;
    }

    void removes(TestGuest mover) throws Exception {
        requireOk(rest.change("POST", "/api/v1/vms/mover/destroy", ""));
        karaf.awaitUntil("its end", () -> mover.place().equals("shutoff on alpha"));
        requireOk(rest.change("DELETE", "/api/v1/vms/mover", ""));
        assertThat(hosts.output("alpha", "virsh", "-q", "list", "--all", "--name"))
                .isEmpty();
    }

    /** A VM is defined, started, moved to the other host and back, and removed. */
    void movesAGuestThereAndBack() throws Exception {
        TestGuest mover = startsAGuest();

        JsonNode there = rest.json(mover.migrate("beta"));
        assertThat(there.get("outcome").asText()).as("%s", there).isEqualTo("completed");
        assertThat(there.has("downtimeMs")).isTrue();
        assertThat(mover.place()).isEqualTo("running on beta");
        assertThat(hosts.output("alpha", "virsh", "-q", "list", "--all", "--name"))
                .isEmpty();

        JsonNode back = rest.json(mover.migrate("alpha"));
        assertThat(back.get("outcome").asText()).as("%s", back).isEqualTo("completed");
        assertThat(mover.place()).isEqualTo("running on alpha");
        removes(mover);
    }

    private static void requireOk(HttpResponse<String> response) {
        assertThat(response.statusCode()).as("%s", response.body()).isBetween(200, 299);
    }

    @Override
    public void close() throws IOException {
        shell.close();
        karaf.manageNothing();
        hosts.close();
    }
}
