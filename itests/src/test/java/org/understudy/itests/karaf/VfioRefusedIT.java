// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.itests.karaf.LabServer.requireOk;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The IOMMU of beta does not remap interrupts, so that VFIO refuses its VFs: libvirt reports success for starts and
 * migrations nevertheless, and lists the VF.
 */
@Tag("lab")
@Timeout(900)
class VfioRefusedIT {
    private static LabServer lab;

    @BeforeAll
    static void start() throws Exception {
        lab = LabServer.start("--no-intremap", "beta");
    }

    @AfterAll
    static void end() throws Exception {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void reportsThatAStartedGuestHasNoVfAlthoughLibvirtListsIt() throws Exception {
        requireOk(
                lab.rest.change("POST", "/api/v1/vms?host=beta", lab.definition("web2", 2, LabServer.RARE_HEARTBEATS)));
        requireOk(lab.rest.change("POST", "/api/v1/vms/web2/pairs", "{\"nic\":\"only\",\"pool\":\"vf-pool\"}"));
        // A repair follows the finding after 3 s and may replace it, so the events are read, which miss no health.
        List<String> events = new CopyOnWriteArrayList<>();
        try (Stream<String> stream = lab.rest.events()) {
            CompletableFuture<Boolean> reported =
                    CompletableFuture.supplyAsync(() -> stream.filter(line -> line.startsWith("data: "))
                            .peek(events::add)
                            .anyMatch(VfioRefusedIT::reportsTheMissingVf));
            requireOk(lab.rest.change("POST", "/api/v1/vms/web2/start", ""));

            // libvirt reported success; after a retry of Understudy, libvirt may report the failure.
            assertThat(lab.lab.output("beta", "virsh", "dumpxml", "web2")).contains("type='hostdev'");
            assertThat(reported)
                    .as(() -> "an event with the reason, last events: " + events)
                    .succeedsWithin(Duration.ofMinutes(2))
                    .isEqualTo(true);
        }
        assertThat(lab.lab.output("beta", "cat", "/var/log/libvirt/qemu/web2.log"))
                .contains("vfio");
        lab.requireReachable(2);
        requireOk(lab.rest.change("POST", "/api/v1/vms/web2/destroy", ""));
        requireOk(lab.rest.change("DELETE", "/api/v1/vms/web2", ""));
    }

    private static boolean reportsTheMissingVf(String event) {
        try {
            JsonNode change =
                    Rest.JSON.readTree(event.substring("data: ".length())).path("value");
            String details = change.at("/pair/details").asText();
            return change.path("vm").asText().equals("web2")
                    && change.at("/pair/health").asText().equals("fault")
                    && details.contains("QEMU does not have")
                    && details.contains("interrupt remapping")
                    && details.contains("/var/log/libvirt/qemu/web2.log");
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aGuestThatArrivesRunsOnItsStandbyAndHasAVfAgainWhereVfioWorks() throws Exception {
        TestGuest guest = lab.startGuest("web1", 1, LabServer.RARE_HEARTBEATS);

        JsonNode moved = lab.rest.json(guest.migrate("beta"));

        assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed-degraded");
        assertThat(moved.findValuesAsText("code")).as("%s", moved).contains("primary-not-returned");
        // The error of libvirt when the VF is plugged again and QEMU cannot open it.
        assertThat(moved.findValuesAsText("message")).as("%s", moved).anyMatch(m -> m.contains("vfio"));
        assertThat(guest.place()).isEqualTo("running on beta");
        assertThat(lab.rest.json("/api/v1/vms/web1").at("/pairs/0/health").asText())
                .isIn("on-standby", "fault");
        lab.requireReachable(1);

        JsonNode back = lab.rest.json(guest.migrate("alpha"));

        assertThat(back.get("outcome").asText()).as("%s", back).isEqualTo("completed");
        guest.awaitActive();
        assertThat(lab.vfsInUse("alpha")).isEqualTo(1);
        lab.requireReachable(1);
    }
}
