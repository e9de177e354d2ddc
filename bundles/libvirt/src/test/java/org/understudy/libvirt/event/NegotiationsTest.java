// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;

final class NegotiationsTest {
    private static final VmName WEB = new VmName("web1");
    private static final Alias STANDBY = new Alias("ua-standby0");
    private static final HostEvent TAKEN = new HostEvent.StandbyNegotiated(WEB, Instant.EPOCH, STANDBY);

    private final Negotiations negotiations = new Negotiations();

    @Test
    void knowsNothingOfAVmThatRanBefore() {
        assertThat(negotiations.was(WEB, STANDBY)).isEmpty();
    }

    @Test
    void knowsThatAGuestWhoseStartWasHeardHasNotTakenItYet() {
        negotiations.note(new HostEvent.Started(WEB, Instant.EPOCH));
        assertThat(negotiations.was(WEB, STANDBY)).contains(false);

        negotiations.note(TAKEN);
        assertThat(negotiations.was(WEB, STANDBY)).contains(true);
        assertThat(negotiations.was(WEB, new Alias("ua-other"))).contains(false);
    }

    @Test
    void concludesNothingFromOneStandbyForAnother() {
        negotiations.note(TAKEN);

        assertThat(negotiations.was(WEB, STANDBY)).contains(true);
        assertThat(negotiations.was(WEB, new Alias("ua-other"))).isEmpty();
    }

    @Test
    void startsAfreshAfterAReset() {
        negotiations.note(TAKEN);
        negotiations.note(new HostEvent.WasReset(WEB, Instant.EPOCH));

        assertThat(negotiations.was(WEB, STANDBY)).contains(false);
    }

    @Test
    void doesNotBelieveWhatMayHaveChangedUnheard() {
        negotiations.note(TAKEN);
        negotiations.forget();

        assertThat(negotiations.was(WEB, STANDBY)).isEmpty();
    }
}
