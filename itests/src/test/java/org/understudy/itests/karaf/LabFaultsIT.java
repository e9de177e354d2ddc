// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.understudy.itests.karaf.LabServer.RARE_HEARTBEATS;
import static org.understudy.itests.karaf.LabServer.other;
import static org.understudy.itests.karaf.LabServer.requireOk;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Faults between two SR-IOV hosts with libvirt. After every migration the VM is alive, has its VF, is reachable, and is on
 * the host that the server shows. The tests take 15 minutes, so they run in {@code ./understudy lab test}.
 */
@Tag("lab")
@Tag("two-hosts")
@ExtendWith(SharedLab.class)
@Order(5)
@Timeout(900)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LabFaultsIT {
    /** Bytes a second, so that the copy does not end before the fault is caused. */
    private static final String SLOWLY = ",\"bandwidth\":1048576";

    private static final List<String> VFS =
            List.of("0000:01:10.0", "0000:01:10.2", "0000:01:10.4", "0000:01:10.6", "0000:01:11.0", "0000:01:11.2");
    private static LabServer lab;
    private static TestGuest guest;

    @BeforeAll
    static void start(LabServer shared) throws Exception {
        lab = shared;
        lab.configure(lab.pools(), "{settle: 500ms, strategy: automatic, deadlines: {unplug: 8s}}");
        guest = lab.startGuest("web1", 1, RARE_HEARTBEATS);
    }

    @AfterEach
    void isAliveWithItsVfAndReachable() throws Exception {
        endWhatAFailedTestLeft();
        guest.awaitActive();
        lab.requireReachable(1);
        assertThat(guest.place()).isEqualTo("running on " + guest.host());
        assertThat(lab.lab.output(guest.host(), "virsh", "domstate", "web1")).isEqualTo("running");
    }

    private static void endWhatAFailedTestLeft() throws Exception {
        for (JsonNode migration : lab.rest.json("/api/v1/migrations")) {
            if (!migration.has("outcome")) {
                String path = "/api/v1/migrations/" + migration.get("id").asText();
                lab.rest.change("DELETE", path, "");
                guest.awaitEnd(path);
            }
        }
    }

    @Test
    void aDestinationWithoutAFreeVfIsRefusedBeforeAnythingMoves() throws Exception {
        String destination = other(guest.host());
        guest.awaitClear(destination);
        try (SomebodyElse others = new SomebodyElse(destination, VFS.size())) {
            assertThat(others.leases()).hasSize(VFS.size());
            int before = lab.rest.json("/api/v1/migrations").size();
            HttpResponse<String> refused = guest.request(destination, ",\"requireVf\":true");

            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
            assertThat(Rest.JSON.readTree(refused.body()).findValuesAsText("code"))
                    .contains("pool-exhausted");
            assertThat(lab.rest.json("/api/v1/migrations")).hasSize(before);
        }
    }

    @Test
    void twoMigrationsForTheLastVfEndWithOneOfThemMoved() throws Exception {
        String here = guest.host();
        TestGuest second = lab.startGuest(here, "web2", 2, RARE_HEARTBEATS);
        try {
            String destination = other(here);
            try (SomebodyElse others = new SomebodyElse(destination, VFS.size() - 1)) {
                assertThat(others.leases()).hasSize(VFS.size() - 1);
                guest.awaitClear(destination);
                second.awaitClear(destination);
                String first = guest.begin(destination, "");
                HttpResponse<String> other = second.request(destination, "");
                guest.awaitEnd(first);

                assertThat(List.of(outcome(first), outcome(second, other)))
                        .as("%s %s", lab.rest.json(first), other.body())
                        .containsExactlyInAnyOrder("completed", "failed-on-source");
                second.awaitActive();
                lab.requireReachable(2);
            }
        } finally {
            requireOk(lab.rest.change("POST", "/api/v1/vms/web2/destroy", ""));
            requireOk(lab.rest.change("DELETE", "/api/v1/vms/web2", ""));
        }
    }

    @Test
    void aGuestThatNeverReleasesItsVfKeepsItOnTheSource() throws Exception {
        TestGuest stubborn = lab.startGuest("web3", 3, "acpiphp.disable=1 understudy.noeject=1 " + RARE_HEARTBEATS);
        try {
            JsonNode failed = lab.rest.json(stubborn.migrate("beta"));

            assertThat(failed.get("outcome").asText()).as("%s", failed).isEqualTo("failed-on-source");
            assertThat(failed.findValuesAsText("code")).contains("primary-not-released");
            assertThat(stubborn.place()).isEqualTo("running on alpha");
            stubborn.awaitActive();
            lab.requireReachable(3);
        } finally {
            requireOk(lab.rest.change("POST", "/api/v1/vms/web3/destroy", ""));
            requireOk(lab.rest.change("DELETE", "/api/v1/vms/web3", ""));
        }
    }

    @Test
    void thePrimaryOfAPausedGuestIsNotUnplugged() throws Exception {
        String here = guest.host();
        lab.lab.output(here, "virsh", "-q", "suspend", "web1");
        try {
            HttpResponse<String> refused = guest.request(other(here), "");

            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
        } finally {
            lab.lab.output(here, "virsh", "-q", "resume", "web1");
        }
    }

    @Test
    void staysOnTheSourceIfTheReceivingQemuDies() throws Exception {
        String here = guest.host();
        String path = copying();
        lab.lab.output(other(here), "sh", "-c", "kill -9 $(cat /run/libvirt/qemu/web1.pid)");
        requireFailedOnSource(path, here);
    }

    @Test
    void staysOnTheSourceIfTheDestinationsLibvirtIsRestarted() throws Exception {
        String here = guest.host();
        String path = copying();
        restartLibvirt(other(here));
        requireFailedOnSource(path, here);
    }

    @Test
    void staysOnTheSourceIfTheSourcesLibvirtIsRestarted() throws Exception {
        String here = guest.host();
        String path = copying();
        restartLibvirt(here);
        requireFailedOnSource(path, here);
    }

    @Test
    void aDestinationWhosePfHasNoLinkIsRefused() throws Exception {
        String destination = other(guest.host());
        lab.lab.output(destination, "ip", "link", "set", "enp1s0", "down");
        try {
            lab.server.awaitUntil(
                    "the finding",
                    () -> lab.rest
                            .json("/api/v1/vms/web1/preflight?destination=" + destination)
                            .toString()
                            .contains("PF enp1s0 has no link"));
            HttpResponse<String> refused = guest.request(destination, "");

            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
            assertThat(refused.body()).contains("PF enp1s0 has no link");
        } finally {
            lab.lab.output(destination, "ip", "link", "set", "enp1s0", "up");
        }
    }

    @Test
    void aGuestLeavesASourceWhosePfHasNoLink() throws Exception {
        String here = guest.host();
        guest.awaitClear(other(here));
        lab.lab.output(here, "ip", "link", "set", "enp1s0", "down");
        try {
            JsonNode moved = lab.rest.json(move(guest, other(here), ""));

            assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed");
            assertThat(guest.host()).isEqualTo(other(here));
        } finally {
            lab.lab.output(here, "ip", "link", "set", "enp1s0", "up");
        }
    }

    @Test
    void aVfThatVanishesTurnsThePairToFaultAndTheVmGetsOneWhenTheyAreBack() throws Exception {
        String here = guest.host();
        String count = "/sys/class/net/enp1s0/device/sriov_numvfs";
        lab.lab.output(here, "sh", "-c", "echo 0 >" + count);
        try {
            lab.server.awaitUntil(
                    "the fault",
                    () -> lab.rest
                            .json("/api/v1/vms/web1")
                            .at("/pairs/0/health")
                            .asText()
                            .equals("fault"));
            lab.requireReachable(1);
        } finally {
            lab.lab.output(here, "sh", "-c", "echo 7 >" + count);
        }
    }

    /** By mistake, or by another manager: the next start of the VM would be without its VF. */
    @Test
    void aPrimaryThatIsRemovedFromTheStoredDefinitionIsRestored() throws Exception {
        String here = guest.host();
        String stored = lab.lab.output(here, "virsh", "dumpxml", "--inactive", "web1");
        int primary = stored.lastIndexOf("<interface", stored.indexOf("<teaming type='transient'"));
        String half = stored.substring(0, primary)
                + stored.substring(stored.indexOf("</interface>", primary) + "</interface>".length());
        lab.lab.output(
                here, "sh", "-c", "cat >/run/half.xml <<'END'\n" + half + "\nEND\nvirsh -q define /run/half.xml");

        lab.server.awaitUntil(
                "the primary in the definition",
                () -> lab.lab
                        .output(here, "virsh", "dumpxml", "--inactive", "web1")
                        .contains("<teaming type='transient'"));
    }

    /** Before the tests that take the link of a PF away: the standby NIC behind the emulated PF may be unreachable after them. */
    @Test
    @Order(1)
    void aDestinationWithoutAFreeVfIsAcceptedAndTheVmGetsOneWhenOneIsFree() throws Exception {
        String destination = other(guest.host());
        guest.awaitClear(destination);
        try (SomebodyElse others = new SomebodyElse(destination, VFS.size())) {
            assertThat(others.leases()).hasSize(VFS.size());
            JsonNode moved = lab.rest.json(move(guest, destination, ",\"requireVf\":false"));

            assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed-degraded");
            assertThat(moved.findValuesAsText("code")).contains("primary-not-returned");
            assertThat(guest.place()).isEqualTo("running on " + destination);
            lab.server.awaitUntil(
                    "the reason",
                    () -> lab.rest
                            .json("/api/v1/vms/web1")
                            .at("/pairs/0/details")
                            .asText()
                            .contains("has no free VF"));
            lab.requireReachable(1);
        }
    }

    /** libvirt reports success for such a migration. */
    @Test
    void aDestinationThatCannotOpenVfioGetsTheVmWithoutItsVfUntilItCan() throws Exception {
        String destination = other(guest.host());
        guest.awaitClear(destination);
        lab.lab.output(destination, "rmmod", "vfio_iommu_type1");
        try {
            JsonNode moved = lab.rest.json(move(guest, destination, ""));

            assertThat(moved.get("outcome").asText()).as("%s", moved).isEqualTo("completed-degraded");
            assertThat(moved.findValuesAsText("code")).contains("primary-not-returned");
            assertThat(guest.place()).isEqualTo("running on " + destination);
            lab.requireReachable(1);
        } finally {
            lab.lab.output(destination, "modprobe", "vfio_iommu_type1");
        }
    }

    @Test
    void aVfInTheWrongVlanTurnsThePairToFaultAndIsSetUpAnew() throws Exception {
        String here = guest.host();
        int index = -1;
        for (JsonNode inventory : lab.rest.json("/api/v1/vfs")) {
            for (JsonNode vf : inventory.get("vfs")) {
                boolean ours = vf.at("/holder/vm").asText().equals("web1");
                index = ours && inventory.get("host").asText().equals(here)
                        ? vf.get("index").asInt()
                        : index;
            }
        }
        lab.lab.output(here, "ip", "link", "set", "enp1s0", "vf", String.valueOf(index), "vlan", "99");

        lab.server.awaitUntil(
                "the fault",
                () -> lab.rest
                        .json("/api/v1/vms/web1")
                        .at("/pairs/0/details")
                        .asText()
                        .contains("VLAN 99"));
    }

    @Test
    void aGuestThatIsPausedDuringTheUnplugStaysOnTheSource() throws Exception {
        String here = guest.host();
        guest.awaitClear(other(here));
        String path = guest.begin(other(here), "");
        awaitReached(path, "lease");
        lab.lab.output(here, "virsh", "suspend", "web1");
        guest.awaitEnd(path);

        // The pause is treated as that of the migration, and the guest is resumed.
        requireFailedOnSource(path, here);
    }

    @ParameterizedTest
    @ValueSource(strings = {"preflight", "lease", "to-standby", "copy", "switch", "to-primary", "release"})
    void aCancelInEachStepEndsOnOneOfTheHosts(String step) throws Exception {
        String here = guest.host();
        String destination = other(here);
        guest.awaitClear(destination);
        boolean beforeTheSwitch =
                List.of("preflight", "lease", "to-standby", "copy").contains(step);
        String path = guest.begin(destination, beforeTheSwitch ? SLOWLY : "");
        awaitReached(path, step);
        // A short step, and the migration with it, may have ended.
        assertThat(lab.rest.change("DELETE", path, "").statusCode()).isIn(202, 409);
        guest.awaitEnd(path);

        JsonNode ended = lab.rest.json(path);
        String outcome = ended.get("outcome").asText();
        // libvirt may be past the switch at the request: then the migration completes.
        assertThat(outcome).as("%s", ended).isIn("cancelled", "completed");
        assertThat(guest.place()).isEqualTo("running on " + (outcome.equals("cancelled") ? here : destination));
        if (!step.equals("switch")) {
            assertThat(outcome).as("%s", ended).isEqualTo(beforeTheSwitch ? "cancelled" : "completed");
        }
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void staysOnTheSourceIfTheDestinationLosesItsPower() throws Exception {
        String here = guest.host();
        String path = copying();
        lab.lab.cutPower(other(here));
        guest.awaitEnd(path);

        JsonNode failed = lab.rest.json(path);
        // Leftovers on that host need an admin while it is unreachable.
        assertThat(failed.get("outcome").asText()).as("%s", failed).isEqualTo("needs-attention");
        assertThat(failed.findValuesAsText("code")).as("%s", failed).contains("migration-failed", "undo-failed");
        assertThat(guest.place()).isEqualTo("running on " + here);
    }

    /** A migration whose guest has released its VF. */
    private static String copying() throws Exception {
        String destination = other(guest.host());
        guest.awaitClear(destination);
        String path = guest.begin(destination, SLOWLY);
        guest.awaitStep(path, "copy");
        return path;
    }

    /** The step may have ended, and the migration too. */
    private static void awaitReached(String path, String step) {
        Awaitility.await(step)
                .atMost(KarafServer.START_LIMIT)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> TestGuest.hasReached(lab.rest.json(path), step));
    }

    private static String move(TestGuest vm, String destination, String options) throws Exception {
        String path = vm.begin(destination, options);
        vm.awaitEnd(path);
        return path;
    }

    private static String outcome(String path) throws Exception {
        return lab.rest.json(path).get("outcome").asText();
    }

    /** Like a migration that failed in the preflight, if the preflight refused it before. */
    private static String outcome(TestGuest vm, HttpResponse<String> started) throws Exception {
        if (started.statusCode() == 422) {
            return "failed-on-source";
        }
        requireOk(started);
        String path = "/api/v1/migrations/"
                + Rest.JSON.readTree(started.body()).get("id").asText();
        vm.awaitEnd(path);
        return outcome(path);
    }

    private static void requireFailedOnSource(String path, String source) throws Exception {
        guest.awaitEnd(path);
        JsonNode failed = lab.rest.json(path);
        assertThat(failed.get("outcome").asText()).as("%s", failed).isEqualTo("failed-on-source");
        assertThat(guest.place()).isEqualTo("running on " + source);
    }

    private static void restartLibvirt(String host) {
        lab.lab.output(
                host,
                "sh",
                "-ec",
                "pid=$(cat /run/libvirtd.pid); kill $pid; while [ -e /proc/$pid ]; do sleep 0.1; done; libvirtd -d --listen");
    }

    /** Another server, which holds the first VFs of a host. */
    private record SomebodyElse(String host, List<String[]> leases) implements AutoCloseable {
        SomebodyElse(String host, int count) throws Exception {
            this(host, lease(host, count));
        }

        private static List<String[]> lease(String host, int count) throws Exception {
            List<String[]> leases = new ArrayList<>();
            for (String vf : VFS) {
                if (leases.size() < count && isFree(host, vf)) {
                    JsonNode lease = Rest.JSON.readTree(lab.lab.vf(host, "lease", vf, "--owner", "somebody", "--json"));
                    leases.add(new String[] {vf, lease.get("fencing").asText()});
                }
            }
            return leases;
        }

        private static boolean isFree(String host, String vf) throws Exception {
            return !Rest.JSON.readTree(lab.lab.vf(host, "show", vf, "--json")).has("lease");
        }

        @Override
        public void close() {
            leases.forEach(l -> lab.lab.vf(host, "release", l[0], "--owner", "somebody", "--fencing", l[1]));
        }
    }
}
