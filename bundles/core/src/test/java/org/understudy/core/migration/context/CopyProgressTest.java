// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.understudy.core.migration.context.CopyProgress.Current;
import org.understudy.core.migration.context.CopyProgress.Figures;

class CopyProgressTest {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final Duration REPORTED = Duration.ofSeconds(15);
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private long now;
    private final CopyProgress progress = new CopyProgress(() -> now);

    /** A copy as QEMU does it: a pass sends what is left, then what the guest has written meanwhile is left. */
    private final class Guest {
        private final long sentPerSecond;
        private final long writtenPerSecond;
        private final boolean announces;
        private long working;
        private long left;
        private int pass = 1;
        private double passSeconds;

        /** @param working the memory that the guest writes again and again, in bytes */
        Guest(long total, long sentPerSecond, long writtenPerSecond, long working, boolean announces) {
            this.left = total;
            this.sentPerSecond = sentPerSecond;
            this.writtenPerSecond = writtenPerSecond;
            this.working = working;
            this.announces = announces;
            progress.sample(announces ? 1 : 0, left);
        }

        void copy(Duration span) {
            for (long end = now + span.toNanos(); now < end; ) {
                step();
            }
        }

        private void step() {
            now += 500_000_000;
            passSeconds += 0.5;
            left -= sentPerSecond / 2;
            if (left <= 0) {
                left = Math.min(working, (long) (writtenPerSecond * passSeconds));
                pass++;
                passSeconds = 0;
            }
            progress.sample(announces ? pass : 0, left);
        }

        /** Copies until a pass begins. */
        void copyTo(int number) {
            while (pass < number) {
                step();
            }
        }
    }

    @Test
    void aSlowFirstPassIsProgress() {
        Guest guest = new Guest(64 * GIB, 2 * MIB, 0, 0, true);

        guest.copy(Duration.ofHours(8));

        assertThat(progress.notConverging(REPORTED)).isEmpty();
        assertThat(progress.isFruitless(LIMIT)).isFalse();
        assertThat(progress.isStalled(LIMIT)).isFalse();
    }

    @Test
    void passesThatShrinkAreProgress() {
        Guest guest = new Guest(64 * GIB, 100 * MIB, 80 * MIB, 64 * GIB, true);

        while (guest.pass < 12) {
            guest.step();
            assertThat(progress.notConverging(REPORTED)).isEmpty();
            assertThat(progress.isFruitless(LIMIT)).isFalse();
        }
    }

    @Test
    void isReportedWithinAMinuteAfterTheFirstPass() {
        Guest guest = new Guest(GIB, 8 * MIB, 100 * MIB, 64 * MIB, true);

        guest.copyTo(2);
        assertThat(progress.notConverging(REPORTED)).isEmpty();
        guest.copy(Duration.ofSeconds(60));

        Figures figures = progress.notConverging(REPORTED).orElseThrow();
        assertThat(figures.left()).isEqualTo(64 * MIB);
        assertThat(figures.sent()).isEqualTo(8 * MIB);
        assertThat(figures.written()).isEqualTo(8 * MIB);
        assertThat(figures.pause()).isEqualTo(Duration.ofSeconds(8));
        assertThat(figures.forecast(Duration.ofMillis(300))).isEmpty();
    }

    @Test
    void isReportedAsSoonAsALongPassEndsWithoutProgress() {
        Guest guest = new Guest(64 * GIB, 100 * MIB, 100 * MIB, 16 * GIB, true);

        guest.copyTo(3);

        assertThat(progress.notConverging(REPORTED)).isPresent();
    }

    @Test
    void isReportedNoLongerOnceThePassesShrinkAgain() {
        Guest guest = new Guest(GIB, 8 * MIB, 100 * MIB, 64 * MIB, true);
        guest.copyTo(8);
        assertThat(progress.notConverging(REPORTED)).isPresent();

        guest.working = 32 * MIB;
        guest.copyTo(9);

        assertThat(progress.notConverging(REPORTED)).isEmpty();
        assertThat(progress.isFruitless(LIMIT)).isFalse();
    }

    @Test
    void endsOnceNoPassHasShrunkForTheDeadline() {
        Guest guest = new Guest(GIB, 8 * MIB, 100 * MIB, 64 * MIB, true);

        guest.copyTo(2);
        guest.copy(LIMIT.minusSeconds(1));
        assertThat(progress.isFruitless(LIMIT)).isFalse();
        guest.copy(Duration.ofSeconds(2));
        assertThat(progress.isFruitless(LIMIT)).isTrue();
    }

    @Test
    void endsOnlyAfterTwoPassesHoweverLongTheyAre() {
        Guest guest = new Guest(512 * GIB, 100 * MIB, 100 * MIB, 128 * GIB, true);

        guest.copyTo(4);
        assertThat(progress.isFruitless(LIMIT)).isFalse();
        guest.copyTo(5);
        assertThat(progress.isFruitless(LIMIT)).isTrue();
    }

    @Test
    void passesAreRecognizedWithoutEvents() {
        Guest guest = new Guest(GIB, 8 * MIB, 100 * MIB, 64 * MIB, false);

        guest.copyTo(2);
        guest.copy(LIMIT.plusSeconds(1));

        assertThat(progress.notConverging(REPORTED)).isPresent();
        assertThat(progress.isFruitless(LIMIT)).isTrue();
    }

    @Test
    void aPassThatIsSeenBeforeItsEventCountsOnce() {
        progress.sample(1, GIB);
        now += Duration.ofSeconds(100).toNanos();
        progress.sample(1, 64 * MIB + 1);
        progress.sample(1, 64 * MIB);
        now += Duration.ofSeconds(8).toNanos();
        progress.sample(1, 65 * MIB);
        progress.sample(2, 65 * MIB);
        now += Duration.ofSeconds(8).toNanos();
        progress.sample(2, MIB);
        progress.sample(3, 65 * MIB);
        now += Duration.ofSeconds(15).toNanos();
        progress.sample(3, 64 * MIB);

        assertThat(progress.notConverging(REPORTED)).hasValueSatisfying(f -> {
            assertThat(f.sent()).isEqualTo(65 * MIB / 8);
            assertThat(f.written()).isEqualTo(65 * MIB / 8);
        });
    }

    @Test
    void isStalledOnceNothingWasSentForTheDeadline() {
        Guest guest = new Guest(GIB, 8 * MIB, 100 * MIB, 64 * MIB, true);
        guest.copy(Duration.ofSeconds(10));
        now += LIMIT.toNanos() - 1;
        assertThat(progress.isStalled(LIMIT)).isFalse();
        now++;
        assertThat(progress.isStalled(LIMIT)).isTrue();
    }

    @Test
    void forecastsTheEndOfACopyThatIsFasterThanTheGuest() {
        // 100 MiB in 1 s and 50 MiB in 0.5 s; 300 ms are enough for the 25 MiB that are left then.
        assertThat(new Figures(100 * MIB, 100 * MIB, 50 * MIB)
                        .forecast(Duration.ofMillis(300))
                        .orElseThrow())
                .isBetween(Duration.ofMillis(1499), Duration.ofMillis(1501));
        assertThat(new Figures(30 * MIB, 100 * MIB, 200 * MIB).forecast(Duration.ofMillis(300)))
                .hasValue(Duration.ofMillis(300));
    }

    @Test
    void theRateOfTheFirstPassIsKnownBeforeItsEnd() {
        assertThat(progress.current()).isEmpty();
        Guest guest = new Guest(64 * GIB, 256 * MIB, 10 * MIB, GIB, true);
        assertThat(progress.current().orElseThrow().sent()).isEmpty();

        guest.copy(Duration.ofSeconds(64));

        Current now = progress.current().orElseThrow();
        assertThat(now.left()).isEqualTo(48 * GIB);
        assertThat(now.sent()).hasValue(256 * MIB);
        assertThat(now.written()).as("not known in the first pass").isEmpty();
        assertThat(now.forecast(CopyWatch.DEFAULT_DOWNTIME_LIMIT)).hasValue(Duration.ofSeconds(192));
    }

    @Test
    void afterAPassTheForecastIncludesWhatTheGuestWrites() {
        Guest guest = new Guest(4 * GIB, 256 * MIB, 128 * MIB, 64 * GIB, true);

        guest.copyTo(2);
        guest.copy(Duration.ofSeconds(1));

        Current now = progress.current().orElseThrow();
        assertThat(now.sent()).hasValue(256 * MIB);
        assertThat(now.written()).hasValue(128 * MIB);
        assertThat(now.forecast(CopyWatch.DEFAULT_DOWNTIME_LIMIT).orElseThrow())
                .isGreaterThan(Duration.ofMillis(1000 * now.left() / (256 * MIB)));
    }

    @Test
    void aCopyThatDoesNotEndHasNoForecast() {
        Guest guest = new Guest(4 * GIB, 128 * MIB, 256 * MIB, 64 * GIB, true);

        guest.copyTo(3);
        guest.copy(Duration.ofSeconds(1));

        assertThat(progress.current().orElseThrow().forecast(CopyWatch.DEFAULT_DOWNTIME_LIMIT))
                .isEmpty();
    }
}
