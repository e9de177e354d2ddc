// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.Cooperation;
import org.understudy.api.Cooperation.Sign;
import org.understudy.api.ErrorCode;
import org.understudy.api.MacAddress;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNic;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.PrimaryPresence;

class GuestEvidenceTest {
    private static final VmName WEB1 = new VmName("web1");
    private static final Alias STANDBY = new Alias("ua-standby0");
    private static final Alias PRIMARY = new Alias("ua-vf0");
    private static final MacAddress MAC = new MacAddress("52:54:00:11:22:33");
    private static final Instant NOW = Instant.parse("2026-03-01T03:00:00Z");
    private static final Pair PAIR =
            new Pair(STANDBY, PRIMARY, MAC, Optional.empty(), PrimaryKind.VF, PairHealth.ACTIVE, "");

    private final Host host = mock(Host.class);

    @BeforeEach
    void plugged() {
        when(host.primaryPresence(WEB1, PRIMARY)).thenReturn(PrimaryPresence.ENABLED);
        driver(Optional.empty());
        agent();
    }

    private void driver(Optional<Boolean> answer) {
        when(host.standbyNegotiated(WEB1, STANDBY)).thenReturn(answer);
    }

    /** @param macs of the guest's NICs; none at all: there is no agent */
    private void agent(MacAddress... macs) {
        List<GuestNic> nics = IntStream.range(0, macs.length)
                .mapToObj(i -> new GuestNic("eth" + i, Optional.of(macs[i])))
                .toList();
        when(host.guestNics(WEB1)).thenReturn(Optional.of(nics).filter(all -> !all.isEmpty()));
    }

    private Cooperation signs(Optional<Instant> negotiated) {
        return new GuestEvidence(Clock.fixed(NOW, ZoneOffset.UTC)).of(host, WEB1, PAIR, negotiated);
    }

    @Test
    void reportsEverySignWithItsSourceAndTime() {
        driver(Optional.of(true));
        agent(MAC, new MacAddress("52:54:00:00:00:01"), MAC);

        Instant before = NOW.minusSeconds(60);
        assertThat(signs(Optional.of(before)))
                .isEqualTo(new Cooperation(
                        Optional.of(true),
                        List.of(
                                new Sign(
                                        "event FAILOVER_NEGOTIATED",
                                        "the guest's driver negotiated standby on ua-standby0",
                                        before),
                                new Sign(
                                        "QEMU, virtio status of ua-standby0",
                                        "the guest's driver negotiated standby",
                                        NOW),
                                new Sign("QEMU, PCI device ua-vf0", "the guest has enabled it", NOW),
                                new Sign("guest agent", "network devices with 52:54:00:11:22:33: eth0, eth2", NOW))));
    }

    @Test
    void prefersTheDriverToTheEventAndTheEventToTheAgent() {
        driver(Optional.of(false));
        assertThat(signs(Optional.of(NOW)).answer()).contains(false);

        driver(Optional.empty());
        agent(MAC);
        assertThat(signs(Optional.of(NOW)).answer()).contains(true);
        assertThat(signs(Optional.empty()).answer())
                .as("one device is no failover device and its standby")
                .contains(false);
        agent(MAC, MAC);
        assertThat(signs(Optional.empty()).answer()).contains(true);
    }

    @Test
    void concludesNothingFromThePrimaryAlone() {
        for (PrimaryPresence presence : PrimaryPresence.values()) {
            when(host.primaryPresence(WEB1, PRIMARY)).thenReturn(presence);

            assertThat(signs(Optional.empty()).answer()).isEmpty();
            assertThat(signs(Optional.empty()).signs()).hasSize(1);
        }
        assertThat(Arrays.asList(PrimaryPresence.values())).hasSize(5);
    }

    @Test
    void reportsThatQemuDidNotAnswer() {
        when(host.standbyNegotiated(WEB1, STANDBY))
                .thenThrow(new UnderstudyException(ErrorCode.DEADLINE_EXCEEDED, "QEMU is silent"));

        assertThat(signs(Optional.empty()).answer()).isEmpty();
        assertThat(signs(Optional.empty()).signs()).extracting(Sign::says).contains("did not answer: QEMU is silent");
    }
}
