// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

/** Converts numbers that wrap from 65535 to 0 to numbers that only increase. Not thread-safe. */
final class WrappedSequence {
    private static final int CYCLE = 1 << 16;

    private long newest;

    long unwrap(int number) {
        long guess = newest - newest % CYCLE + number;
        if (guess < newest - CYCLE / 2) {
            guess += CYCLE;
        } else if (guess > newest + CYCLE / 2 && guess >= CYCLE) {
            guess -= CYCLE;
        }
        newest = Math.max(newest, guess);
        return guess;
    }
}
