// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.itests.lab.SriovLab;

/**
 * The main scenario: a plain VM gets a pair, runs on a VF, and migrates from one SR-IOV host with libvirt to the other and
 * back while its network stays up.
 */
@Tag("two-hosts")
@ExtendWith(SharedLab.class)
@Order(3)
@Timeout(900)
class SeedScenarioIT {
    private static LabServer lab;
    private static TestGuest guest;

    @BeforeAll
    static void start(LabServer shared) throws Exception {
        lab = shared;
        guest = lab.startGuest("web1", 1, "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"automatic", "explicit"})
    void movesThereAndBackAndTheNetworkStaysUp(String strategy) throws Exception {
        String here = guest.host();
        String there = LabServer.other(here);
        for (String destination : new String[] {there, here}) {
            guest.awaitClear(destination);
            requireTrafficOnTheVfAlone();
            lab.lab.watch(LabServer.address(1));
            String path = guest.begin(destination, ",\"strategy\":\"%s\"".formatted(strategy));
            guest.awaitEnd(path);
            JsonNode moved = lab.rest.json(path);

            assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
            assertThat(guest.place()).isEqualTo("running on " + destination);
            assertThat(lab.vfsInUse(destination)).isEqualTo(1);
            assertThat(lab.vfsInUse(LabServer.other(destination))).isZero();
            assertThat(moved.at("/networkGap/kind").asText()).as("%s", moved).isEqualTo("measured");
            SriovLab.Figures seen = lab.lab.figures();
            assertThat(seen.standby()).as("%s", seen).isPositive();
            // Pings go to the guest: without a forwarding entry nearly all are lost from the unplug until the VF is up
            // there.
            assertThat((double) seen.pingGap())
                    .as("%s, %s", seen, moved)
                    .isLessThan(0.6 * moved.get("onStandbyMs").asDouble());
            System.err.printf(
                    "%s, %s: downtime %s ms, on standby %s ms, gap %s, %s%n",
                    strategy,
                    destination,
                    moved.get("downtimeMs"),
                    moved.get("onStandbyMs"),
                    moved.get("networkGap"),
                    seen);
            requireTrafficOnTheVfAlone();
        }
    }

    /** In both directions: pings are answered, and the counters of the guest show the device that sends the heartbeats. */
    private static void requireTrafficOnTheVfAlone() {
        lab.server.awaitUntil("traffic on the VF alone", () -> {
            SriovLab.Figures seen = lab.requireReachable(1);
            return seen.primary() > 0 && seen.standby() == 0;
        });
    }

    @Test
    void killedServerFindsTheMigrationAgainAndReportsItsRealOutcome() throws Exception {
        String destination = LabServer.other(guest.host());
        guest.awaitClear(destination);
        // Bytes per second: without a limit, the copy can begin and end between two polls.
        String path = guest.begin(destination, ",\"bandwidth\":8388608");
        guest.awaitStep(path, "copy");
        lab.server.kill();
        lab.server.start();
        lab.server.awaitUntil("its end", () -> lab.rest.json(path).has("outcome"));

        JsonNode moved = lab.rest.json(path);
        assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
        assertThat(guest.place()).isEqualTo("running on " + destination);
        guest.awaitActive();
        requireTrafficOnTheVfAlone();
        lab.server.awaitUntil("one VF leased", () -> {
            JsonNode stocks = lab.rest.json("/api/v1/pools").at("/0/stocks");
            return stocks.findValuesAsText("leased").stream()
                            .mapToInt(Integer::parseInt)
                            .sum()
                    == 1;
        });
    }
}
