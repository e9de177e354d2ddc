// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.itests.Built;

/** Two servers with one host each: one of them migrates a VM to the host of the other and back. */
@Timeout(420)
class TwoServersIT {
    private static final String HOST = """
            hosts:
              - {name: %1$s, connector: qemu, directory: %2$s/%1$s, accelerator: tcg, user: %3$s}
            """;
    private static final String PEER = """
              - {name: beta, connector: peer, url: "http://127.0.0.1:%d/understudy", user: admin, password-file: %s}
            """;
    private static final String REST_OF_FILE = """
            pools:
              - {name: stand-in, kind: emulated, model: e1000e}
            allow-emulated-primary: true
            migration: {settle: 500ms}
            """;

    @Test
    void movesAVmToAHostOfAnotherServerAndBack() throws Exception {
        try (KarafServer there = new KarafServer(Built.distribution());
                KarafServer here = new KarafServer(Built.distribution())) {
            Rest far = there.startWith(HOST.formatted("beta", there.home, Built.qemuUser()) + REST_OF_FILE, 1);
            String peer = PEER.formatted(there.httpPort, there.etc("admin.password"));
            Rest near = here.startWith(HOST.formatted("alpha", here.home, Built.qemuUser()) + peer + REST_OF_FILE, 2);
            TestGuest mover = TestGuest.start(near, here, "alpha", "mover", "");
            assertThat(outcome(near, mover.migrate("beta"))).isEqualTo("completed");
            assertThat(mover.place()).isEqualTo("running on beta");
            assertThat(mover.on(far).place()).isEqualTo("running on beta");
            mover.on(far).awaitActive();
            assertThat(outcome(near, mover.migrate("alpha"))).isEqualTo("completed");
            assertThat(mover.place()).isEqualTo("running on alpha");
            assertThat(far.json("/api/v1/vms").get("vms")).isEmpty();
            near.change("POST", "/api/v1/vms/mover/destroy", "");
            here.stop();
            there.stop();
        }
    }

    private static String outcome(Rest rest, String migration) throws Exception {
        return rest.json(migration).get("outcome").asText();
    }
}
