// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.concurrent.Occurrences;

class FailedLoginsTest {
    private static final String NEAR = "192.0.2.1";
    private static final String FAR = "192.0.2.2";

    /** Starts below zero, as the clock of a JVM may. */
    private final AtomicLong nanos = new AtomicLong(-Duration.ofSeconds(30).toNanos());

    private final FailedLogins logins = new FailedLogins(nanos::get);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private static Credentials guess(String user) {
        return new Credentials(user, "guess");
    }

    private static Credentials right(String user) {
        return new Credentials(user, "right");
    }

    private Duration delay(String user, String address) {
        return logins.reserve(guess(user), address).delay();
    }

    private Duration fail(String user, String address) {
        return logins.failed(guess(user), address);
    }

    private boolean logIn(String user, String address) {
        FailedLogins.Reservation reservation = logins.reserve(right(user), address);
        if (!reservation.isRefused()) {
            logins.succeeded(right(user), address, reservation);
        }
        return !reservation.isRefused();
    }

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            pass(logins.failed(guess("admin"), NEAR));
            assertThat(delay("admin", NEAR)).isZero();
            fail("admin", NEAR);
        }
    }

    @Test
    void checksTheFirstLoginsWithoutADelay() {
        for (int i = 0; i < FailedLogins.FREE; i++) {
            assertThat(delay("admin", NEAR)).isZero();
            fail("admin", NEAR);
        }

        assertThat(delay("admin", NEAR)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void countsRefusedLoginsByReason() {
        long failed = refused("failed");
        long delayed = refused("delayed");

        for (int i = 0; i < FailedLogins.FREE; i++) {
            delay("admin", NEAR);
            fail("admin", NEAR);
        }
        delay("admin", NEAR);

        assertThat(refused("failed")).isEqualTo(failed + FailedLogins.FREE);
        assertThat(refused("delayed")).isEqualTo(delayed + 1);
    }

    private static long refused(String reason) {
        return Occurrences.LOGINS_REFUSED.all().getOrDefault(reason, 0L);
    }

    @Test
    void doublesTheDelayUpToAMinute() {
        fail(FailedLogins.FREE);
        for (long seconds : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
            assertThat(delay("admin", NEAR)).hasSeconds(seconds);
            pass(Duration.ofSeconds(seconds));
            assertThat(delay("admin", NEAR)).isZero();
            fail("admin", NEAR);
        }
    }

    @Test
    void doesNotDelayAnotherAddressOrAnotherUser() {
        fail(10);

        assertThat(delay("admin", NEAR)).isPositive();
        assertThat(delay("admin", FAR)).isZero();
        assertThat(delay("operator", NEAR)).isZero();
    }

    @Test
    void forgetsTheFailuresAfterASuccess() {
        fail(5);
        pass(FailedLogins.LONGEST_DELAY);
        assertThat(logIn("admin", NEAR)).isTrue();

        assertThat(delay("admin", NEAR)).isZero();
        assertThat(fail("admin", NEAR)).isZero();
        // That of the user, and that of the network
        assertThat(logins.size()).isEqualTo(2);
    }

    @Test
    void forgetsTheFailuresAfterAWhile() {
        fail(10);
        pass(FailedLogins.KEPT.plusSeconds(1));

        assertThat(delay("admin", NEAR)).isZero();
        assertThat(fail("admin", NEAR)).isZero();
    }

    @Test
    void checksOneGuessAtATimeAfterFailures() {
        fail(FailedLogins.FREE);
        pass(Duration.ofSeconds(1));

        assertThat(delay("admin", NEAR)).isZero();
        assertThat(delay("admin", NEAR)).isPositive();
    }

    @Test
    void checksNoMoreGuessesInParallelThanOneAfterAnother() {
        for (int i = 0; i < FailedLogins.FREE; i++) {
            assertThat(delay("admin", NEAR)).isZero();
        }

        assertThat(delay("admin", NEAR)).isPositive();
    }

    @Test
    void countsNamesInAnyCaseAndWithSpacesAsOneUser() {
        for (String name : List.of("admin", " ADMIN", "Admin\t")) {
            assertThat(delay(name, NEAR)).isZero();
        }

        assertThat(delay("aDmin ", NEAR)).isPositive();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.9.8.7, true",
        "127.0.0.1, ::1, true",
        "127.0.0.1, [0:0:0:0:0:0:0:1], true",
        "127.0.0.1, ::ffff:127.0.0.2, true",
        "2001:db8:0:1::1, 2001:db8:0:1:ffff::2%eth0, true",
        "2001:db8:0:1::1, 2001:db8:0:2::1, false",
        "192.0.2.1, 192.0.2.2, false",
        "gateway, other.example, false"
    })
    void countsTheAddressesOfOneClientTogether(String one, String other, boolean together) {
        for (int i = 0; i < FailedLogins.FREE; i++) {
            assertThat(delay("admin", one)).isZero();
        }

        assertThat(delay("admin", other).isZero()).isNotEqualTo(together);
    }

    @Test
    void delaysAllNamesAfterManyFailuresFromOneAddress() {
        for (int i = 0; i < FailedLogins.FREE_OF_NETWORK; i++) {
            assertThat(delay("user" + i, NEAR)).isZero();
        }

        assertThat(delay("another", NEAR)).hasSeconds(1);
        assertThat(delay("another", FAR)).isZero();
    }

    @Test
    void forgetsNoDelayOfAUserBecauseOfOtherNamesFromTheSameAddress() {
        fail(10);
        for (int i = 0; i < FailedLogins.MOST * 2; i++) {
            delay("user" + i, NEAR);
        }

        assertThat(delay("admin", NEAR)).isPositive();
        assertThat(logins.size()).isLessThan(100);
    }

    @Test
    void letsAUserInWithTheLastAcceptedPasswordDuringADelay() {
        assertThat(logIn("admin", NEAR)).isTrue();
        fail(10);

        assertThat(logIn("admin", NEAR)).isTrue();
        assertThat(delay("admin", NEAR)).as("of others still").isPositive();
    }

    @Test
    void comparesOneWrongPasswordPerSecondDuringADelay() {
        assertThat(logIn("admin", NEAR)).isTrue();
        fail(10);
        assertThat(delay("admin", NEAR)).isPositive();

        assertThat(logIn("admin", NEAR)).isFalse();
        pass(AcceptedPasswords.PAUSE);
        assertThat(logIn("admin", NEAR)).isTrue();
    }

    @Test
    void forgetsAnAcceptedPasswordThatIsWrongNow() {
        assertThat(logIn("admin", NEAR)).isTrue();
        fail(10);
        assertThat(logins.reserve(right("admin"), NEAR).isRefused()).isFalse();
        logins.failed(right("admin"), NEAR);

        assertThat(logins.reserve(right("admin"), NEAR).isRefused()).isTrue();
    }

    @Test
    void keepsTheCountOfAnAddressWhenOneOfItsUsersLogsIn() {
        for (int i = 0; i < FailedLogins.FREE_OF_NETWORK - 1; i++) {
            assertThat(delay("user" + i, NEAR)).isZero();
        }
        assertThat(logIn("own", NEAR)).isTrue();
        assertThat(delay("another", NEAR)).isZero();

        assertThat(delay("another", NEAR)).isPositive();
    }

    @Test
    void keepsABoundedNumberOfFailuresWithNamesOfBoundedLength() {
        String longName = "x".repeat(8000);
        for (int i = 0; i < FailedLogins.MOST + 100; i++) {
            delay("user", "10.0.%d.%d".formatted(i / 250, i % 250));
        }
        delay(longName, NEAR);
        delay(longName, NEAR);
        delay(longName + "y", NEAR);

        assertThat(logins.size()).isEqualTo(FailedLogins.MOST);
        assertThat(delay(longName, NEAR)).isPositive();
    }
}
