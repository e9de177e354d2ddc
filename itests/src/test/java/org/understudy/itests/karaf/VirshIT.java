// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** The first part of {@code ./understudy lab test}: a pair migrates by virsh alone, while no server manages the hosts. */
@Tag("lab")
@Tag("two-hosts")
@ExtendWith(SharedLab.class)
@Order(2)
@Timeout(900)
class VirshIT {
    private static LabServer lab;

    @BeforeAll
    static void start(LabServer shared) throws Exception {
        lab = shared;
        lab.server.manageNothing();
    }

    @Test
    void movesAPairThereAndBackWithAndWithoutForwardingEntries() {
        assertThat(lab.lab.script("virsh")).isZero();
    }
}
