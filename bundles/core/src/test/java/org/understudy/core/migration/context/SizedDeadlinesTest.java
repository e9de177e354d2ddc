// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.understudy.api.Policy.Deadlines;
import org.understudy.api.xml.GuestMemory;

class SizedDeadlinesTest {
    private static final Deadlines BASE = new Deadlines(
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(20),
            Duration.ofMinutes(5),
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(45));

    @Test
    void addTheOpeningOfVfsByTheMemoryOfTheGuest() {
        Deadlines sized = SizedDeadlines.of(BASE, new GuestMemory(128L << 30, false), true);

        assertThat(sized.plug()).isEqualTo(Duration.ofMillis(190_128));
        assertThat(sized.switchover()).isEqualTo(Duration.ofMillis(190_128));
        assertThat(sized.prepare()).isEqualTo(Duration.ofMillis(190_128));
        assertThat(sized.preflight()).isEqualTo(BASE.preflight());
        assertThat(sized.unplug()).isEqualTo(BASE.unplug());
        assertThat(sized.copy()).isEqualTo(BASE.copy());
        assertThat(sized.release()).isEqualTo(BASE.release());
        assertThat(sized.cancel()).isEqualTo(BASE.cancel());
    }

    @Test
    void addLessForPreparedMemoryExceptAtTheStartOfQemu() {
        Deadlines sized = SizedDeadlines.of(BASE, new GuestMemory(128L << 30, true), true);

        assertThat(sized.plug()).isEqualTo(Duration.ofMillis(49_968));
        assertThat(sized.switchover()).isEqualTo(Duration.ofMillis(49_968));
        assertThat(sized.prepare()).isEqualTo(Duration.ofMillis(190_128));
    }

    @Test
    void areThoseOfTheConfigurationWithoutVfs() {
        assertThat(SizedDeadlines.of(BASE, new GuestMemory(128L << 30, false), false))
                .isEqualTo(BASE);
    }

    @Test
    void areThoseOfTheConfigurationForUnknownMemory() {
        assertThat(SizedDeadlines.of(BASE, new GuestMemory(0, false), true)).isEqualTo(BASE);
    }
}
