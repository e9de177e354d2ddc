// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Hosts with libvirt and QEMU of other Debian suites. */
@ExtendWith(SharedKaraf.class)
@Timeout(600)
class OtherLibvirtsIT {
    private static KarafServer karaf;

    @BeforeAll
    static void start(KarafServer shared) {
        karaf = shared;
    }

    /** QEMU 11.1 crashes on the query whether its guest has negotiated standby. */
    @Test
    void aGuestIsMovedThereAndBackByANewOne() throws Exception {
        try (LibvirtServer server = new LibvirtServer(karaf, "forky")) {
            requireHealthy(server, "12.");
            server.movesAGuestThereAndBack();
        }
    }

    /** Not migrated: with QEMU 5.2 under TCG {@code virsh migrate} itself hangs for most guests. */
    @Test
    void aGuestIsStartedAndRemovedByAnOldOne() throws Exception {
        try (LibvirtServer server = new LibvirtServer(karaf, "bullseye")) {
            requireHealthy(server, "7.0");
            server.removes(server.startsAGuestWithNativeHotplug());
        }
    }

    private static void requireHealthy(LibvirtServer server, String version) throws Exception {
        assertThat(server.shell.run("understudy:doctor").text())
                .contains("alpha", "beta", "libvirt " + version)
                .doesNotContain("ERROR");
    }
}
