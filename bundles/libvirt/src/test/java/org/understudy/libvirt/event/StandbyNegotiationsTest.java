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
    private static final HostEvent TAKEN = new HostEvent.StandbyNegotiated(WEB, Instant.EPOCH, STANDBY);

    private final StandbyNegotiations standbyNegotiations = new StandbyNegotiations();

    @Test
    void knowsNothingOfAVmThatRanBefore() {
        assertThat(standbyNegotiations.was(WEB, STANDBY)).isEmpty();
    }

    @Test
    void knowsThatAGuestWhoseStartWasHeardHasNotTakenItYet() {
        standbyNegotiations.note(new HostEvent.Started(WEB, Instant.EPOCH));
        assertThat(standbyNegotiations.was(WEB, STANDBY)).contains(false);

        standbyNegotiations.note(TAKEN);
        assertThat(standbyNegotiations.was(WEB, STANDBY)).contains(true);
        assertThat(standbyNegotiations.was(WEB, new Alias("ua-other"))).contains(false);
    }

    @Test
    void concludesNothingFromOneStandbyForAnother() {
        standbyNegotiations.note(TAKEN);

        assertThat(standbyNegotiations.was(WEB, STANDBY)).contains(true);
        assertThat(standbyNegotiations.was(WEB, new Alias("ua-other"))).isEmpty();
    }

    @Test
    void startsAfreshAfterAReset() {
        standbyNegotiations.note(TAKEN);
        standbyNegotiations.note(new HostEvent.WasReset(WEB, Instant.EPOCH));

        assertThat(standbyNegotiations.was(WEB, STANDBY)).contains(false);
    }

    @Test
    void doesNotBelieveWhatMayHaveChangedUnheard() {
        standbyNegotiations.note(TAKEN);
        standbyNegotiations.forget();

        assertThat(standbyNegotiations.was(WEB, STANDBY)).isEmpty();
    }
}
