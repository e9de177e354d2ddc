// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * Measures whether the copy of a guest's memory approaches its end (docs/decisions/0035). QEMU sends the memory in passes:
 * the first sends all of it, each further one what the guest has written during the last. Only a pass that is smaller than
 * those before it is progress; within a pass the amount that is left falls in any case. Used by one thread.
 */
final class CopyProgress {
    /** A pass of at most this share of the smallest one before it is progress. */
    static final double PROGRESS = 0.9;

    /** How many passes in a row have to end without progress before the copy is ended. */
    private static final int FRUITLESS = 2;

    private static final long SHORTEST_NANOS = 1_000_000;

    /** QEMU limits its bandwidth in slices of 100 ms. Source: QEMU, migration/migration.h, BUFFER_DELAY. */
    private static final long SHORTEST_RATE_NANOS = 200_000_000;

    private final LongSupplier nanos;
    private Optional<Figures> figures = Optional.empty();
    private int announced;
    private Pass pass = new Pass(0, 0, 0);
    private int fruitless;
    private long smallestBytes = Long.MAX_VALUE;
    private long leftBytes;
    private long movedAt;
    private long progressAt;

    /**
     * The present pass.
     *
     * @param number 0 before the first sample
     * @param bytes what it had to send at its begin
     */
    private record Pass(int number, long began, long bytes) {}

    /**
     * What was measured in the last pass that has ended.
     *
     * @param left memory to send in the present pass, in bytes
     * @param sent bytes that QEMU sent per second
     * @param written bytes that the guest wrote per second, each page counted once
     */
    record Figures(long left, long sent, long written) {
        /** How long the guest would be paused if what is left were sent now. */
        Duration pause() {
            return seconds((double) left / Math.max(1, sent));
        }

        /** How long the copy takes at these rates; empty if it does not end. */
        Optional<Duration> forecast(Duration downtimeLimit) {
            double ratio = (double) written / Math.max(1, sent);
            double allowed = Math.max(1, sent * (downtimeLimit.toNanos() / 1e9));
            if (left <= allowed) {
                return Optional.of(pause());
            }
            if (ratio >= 1) {
                return Optional.empty();
            }
            double rest = ratio > 0 ? Math.ceil(Math.log(allowed / left) / Math.log(ratio)) : 1;
            double all = (1 - Math.pow(ratio, rest)) / (1 - ratio);
            return Optional.of(seconds(left / (double) Math.max(1, sent) * all));
        }

        private static Duration seconds(double amount) {
            return Duration.ofNanos((long) (amount * 1e9));
        }
    }

    /**
     * The copy at present.
     *
     * @param left memory to send in the present pass, in bytes
     * @param sent bytes per second in the present pass, or in the last one while the present one is too short to measure
     * @param written bytes per second that the guest wrote in the last pass; empty in the first pass
     */
    record Current(long left, OptionalLong sent, OptionalLong written) {
        /** How long the copy takes at these rates, in the first pass at least; empty if it does not end, or if that is unknown. */
        Optional<Duration> forecast(Duration downtimeLimit) {
            return sent.isEmpty()
                    ? Optional.empty()
                    : new Figures(left, sent.getAsLong(), written.orElse(0)).forecast(downtimeLimit);
        }
    }

    CopyProgress(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Adds what QEMU reports at present. What is left rises only at the begin of a pass, which may be seen before its event.
     *
     * @param number of the last pass that an event announced; 0 if the host sends no such events
     * @param left memory that this pass still has to send, in bytes
     */
    void sample(int number, long left) {
        long now = nanos.getAsLong();
        boolean risen = pass.number > 0 && left > leftBytes;
        if (pass.number == 0 || risen || number > Math.max(1, announced)) {
            begin(now, left);
        }
        announced = Math.max(risen ? announced + 1 : announced, number);
        if (left != leftBytes) {
            movedAt = now;
            progressAt = pass.number == 1 ? now : progressAt;
        }
        leftBytes = left;
    }

    private void begin(long now, long left) {
        if (pass.number == 0) {
            movedAt = now;
            progressAt = now;
        } else {
            double seconds = Math.max(SHORTEST_NANOS, now - pass.began) / 1e9;
            figures = Optional.of(new Figures(left, (long) (pass.bytes / seconds), (long) (left / seconds)));
            endPass(left);
        }
        pass = new Pass(pass.number + 1, now, left);
    }

    private void endPass(long left) {
        if (isProgress()) {
            // The first pass sends all memory, even if it began before the first sample.
            smallestBytes = pass.number == 1 ? Math.max(pass.bytes, left) : pass.bytes;
            progressAt = Math.max(progressAt, pass.began);
            fruitless = 0;
        } else {
            fruitless++;
        }
    }

    /** Whether the present pass is progress. */
    private boolean isProgress() {
        return pass.number == 1 || pass.bytes <= smallestBytes * PROGRESS;
    }

    /** What is known of the copy at present; empty before the first sample. */
    Optional<Current> current() {
        if (pass.number == 0) {
            return Optional.empty();
        }
        long elapsed = nanos.getAsLong() - pass.began;
        OptionalLong ofPass = elapsed < SHORTEST_RATE_NANOS
                ? OptionalLong.empty()
                : OptionalLong.of((long) ((pass.bytes - leftBytes) / (elapsed / 1e9)));
        OptionalLong ofLast = figures.map(f -> OptionalLong.of(f.sent())).orElse(OptionalLong.empty());
        return Optional.of(new Current(
                leftBytes,
                ofPass.isPresent() ? ofPass : ofLast,
                figures.map(f -> OptionalLong.of(f.written())).orElse(OptionalLong.empty())));
    }

    /** The figures of a copy whose passes have not become smaller for this long; empty while they do. */
    Optional<Figures> notConverging(Duration span) {
        return isProgress() || sinceProgress().compareTo(span) < 0 ? Optional.empty() : figures;
    }

    /** Whether the passes have not become smaller for this long, and long enough to know that they will not. */
    boolean isFruitless(Duration limit) {
        return !isProgress() && fruitless >= FRUITLESS && sinceProgress().compareTo(limit) >= 0;
    }

    /** Whether QEMU has sent nothing for this long. */
    boolean isStalled(Duration limit) {
        return pass.number > 0 && nanos.getAsLong() - movedAt >= limit.toNanos();
    }

    /** How long the passes have not become smaller. */
    Duration sinceProgress() {
        return Duration.ofNanos(nanos.getAsLong() - progressAt);
    }

    long left() {
        return leftBytes;
    }
}
