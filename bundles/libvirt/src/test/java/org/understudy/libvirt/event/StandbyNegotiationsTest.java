// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

final class StandbyNegotiationsTest {
    private static final VmName WEB = new VmName("web1");
    private static final Alias STANDBY = new Alias("ua-standby0");
    private static final HostEvent NEGOTIATED = new HostEvent.StandbyNegotiated(WEB, Instant.EPOCH, STANDBY);

    private final StandbyNegotiations standbyNegotiations = new StandbyNegotiations();

    @Test
    void isUnknownForAVmThatRanBefore() {
        assertThat(standbyNegotiations.negotiated(WEB, STANDBY)).isEmpty();
    }

    @Test
    void isFalseAfterAnObservedStartUntilTheGuestNegotiates() {
        standbyNegotiations.update(new HostEvent.Started(WEB, Instant.EPOCH));
        assertThat(standbyNegotiations.negotiated(WEB, STANDBY)).contains(false);

        standbyNegotiations.update(NEGOTIATED);
        assertThat(standbyNegotiations.negotiated(WEB, STANDBY)).contains(true);
        assertThat(standbyNegotiations.negotiated(WEB, new Alias("ua-other"))).contains(false);
    }

    @Test
    void isKnownForEachStandbySeparately() {
        standbyNegotiations.update(NEGOTIATED);

        assertThat(standbyNegotiations.negotiated(WEB, STANDBY)).contains(true);
        assertThat(standbyNegotiations.negotiated(WEB, new Alias("ua-other"))).isEmpty();
    }

    @Test
    void isFalseAfterAReset() {
        standbyNegotiations.update(NEGOTIATED);
        standbyNegotiations.update(new HostEvent.WasReset(WEB, Instant.EPOCH));

        assertThat(standbyNegotiations.negotiated(WEB, STANDBY)).contains(false);
    }

    @Test
    void isUnknownAfterEventsOfTheVmWereMissed() {
        standbyNegotiations.update(new HostEvent.Started(WEB, Instant.EPOCH));
        standbyNegotiations.update(NEGOTIATED);
        standbyNegotiations.update(new HostEvent.EventsMissed(WEB, Instant.EPOCH));

        assertThat(standbyNegotiations.negotiated(WEB, STANDBY)).isEmpty();
    }

    @Test
    void isUnknownAfterEventsWereMissed() {
        standbyNegotiations.update(NEGOTIATED);
        standbyNegotiations.clear();

        assertThat(standbyNegotiations.negotiated(WEB, STANDBY)).isEmpty();
    }
}
