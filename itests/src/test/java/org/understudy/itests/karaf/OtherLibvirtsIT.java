// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hosts with the libvirt and QEMU of another Debian than other tests have. */
@Timeout(600)
class OtherLibvirtsIT {

    /** QEMU 11.1 does not survive the question whether its guest has negotiated standby. */
    @ParameterizedTest
    @CsvSource("forky, 12.")
    void aGuestIsMovedThereAndBack(String suite, String version) throws Exception {
        try (LibvirtServer server = new LibvirtServer(suite)) {
            assertThat(server.shell.run("understudy:doctor").text())
                    .contains("alpha", "beta", "libvirt " + version)
                    .doesNotContain("ERROR");
            server.movesAGuestThereAndBack();
        }
    }
}
