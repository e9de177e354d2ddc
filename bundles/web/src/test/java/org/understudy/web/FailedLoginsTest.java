// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FailedLoginsTest {
    private static final String NEAR = "192.0.2.1";
    private static final String FAR = "192.0.2.2";

    /** Starts below zero, as the clock of a JVM may. */
    private final AtomicLong nanos = new AtomicLong(-Duration.ofSeconds(30).toNanos());

    private final FailedLogins logins = new FailedLogins(nanos::get);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            pass(logins.reserve("admin", NEAR));
            assertThat(logins.reserve("admin", NEAR)).isZero();
            logins.failed("admin", NEAR);
        }
    }

    @Test
    void checksTheFirstLoginsWithoutADelay() {
        for (int i = 0; i < FailedLogins.FREE; i++) {
            assertThat(logins.reserve("admin", NEAR)).isZero();
            logins.failed("admin", NEAR);
        }

        assertThat(logins.reserve("admin", NEAR)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void doublesTheDelayUpToAMinute() {
        fail(FailedLogins.FREE);
        for (long seconds : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            assertThat(logins.reserve("admin", NEAR)).hasSeconds(seconds);
            pass(Duration.ofSeconds(seconds));
            assertThat(logins.reserve("admin", NEAR)).isZero();
            logins.failed("admin", NEAR);
        }
    }

    @Test
    void doesNotDelayAnotherAddressOrAnotherUser() {
        fail(10);

        assertThat(logins.reserve("admin", NEAR)).isPositive();
        assertThat(logins.reserve("admin", FAR)).isZero();
        assertThat(logins.reserve("operator", NEAR)).isZero();
    }

    @Test
    void forgetsTheFailuresAfterASuccess() {
        fail(5);
        pass(FailedLogins.LONGEST_DELAY);
        assertThat(logins.reserve("admin", NEAR)).isZero();
        logins.succeeded("admin", NEAR);

        assertThat(logins.reserve("admin", NEAR)).isZero();
        assertThat(logins.failed("admin", NEAR)).isZero();
        assertThat(logins.size()).isEqualTo(1);
    }

    @Test
    void forgetsTheFailuresAfterAWhile() {
        fail(10);
        pass(FailedLogins.KEPT.plusSeconds(1));

        assertThat(logins.reserve("admin", NEAR)).isZero();
        assertThat(logins.failed("admin", NEAR)).isZero();
    }

    @Test
    void checksOneGuessAtATimeAfterFailures() {
        fail(FailedLogins.FREE);
        pass(Duration.ofSeconds(1));

        assertThat(logins.reserve("admin", NEAR)).isZero();
        assertThat(logins.reserve("admin", NEAR)).isPositive();
    }

    @Test
    void keepsABoundedNumberOfFailuresWithNamesOfBoundedLength() {
        String longName = "x".repeat(8000);
        for (int i = 0; i < FailedLogins.MOST + 100; i++) {
            logins.failed("user" + i, NEAR);
        }
        logins.failed(longName, NEAR);
        logins.failed(longName, NEAR);
        logins.failed(longName + "y", NEAR);

        assertThat(logins.size()).isEqualTo(FailedLogins.MOST);
        assertThat(logins.reserve(longName, NEAR)).isPositive();
    }

    @Test
    void keepsTheFailuresOfAUserThatIsStillGuessed() {
        fail(10);
        for (int i = 0; i < FailedLogins.MOST - 1; i++) {
            logins.failed("user" + i, NEAR);
        }
        assertThat(logins.reserve("admin", NEAR)).isPositive();
        for (int i = 0; i < 100; i++) {
            logins.failed("other" + i, NEAR);
        }

        assertThat(logins.reserve("admin", NEAR)).isPositive();
    }
}
