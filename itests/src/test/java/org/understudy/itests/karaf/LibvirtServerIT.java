// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.lab.LibvirtHosts;

/** One server that drives two hosts managed by libvirt. */
@ExtendWith(SharedKaraf.class)
@Timeout(420)
class LibvirtServerIT {
    private static LibvirtServer server;

    @BeforeAll
    static void start(KarafServer karaf) throws Exception {
        server = new LibvirtServer(karaf, LibvirtHosts.USUAL);
    }

    @AfterAll
    static void end() throws Exception {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void movesAGuestFromLibvirtToLibvirtAndBack() throws Exception {
        server.movesAGuestThereAndBack();
    }

    @Test
    void findsItsHostsAgainAfterItsBundleIsRestartedAndRefreshed() throws Exception {
        for (String command : new String[] {"restart", "refresh", "update"}) {
            server.shell.run("bundle:" + command + " org.understudy.libvirt");
            server.karaf.awaitUntil(
                    "the hosts after bundle:" + command,
                    () -> server.rest.json("/api/v1/hosts").findValuesAsText("available").stream()
                            .allMatch("true"::equals));
        }
        assertThat(server.shell.run("understudy:doctor").text())
                .contains("alpha", "beta")
                .doesNotContain("ERROR");
    }
}
