// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

/** Makes numbers that go on from 65535 to 0 into numbers that only grow. Not thread-safe. */
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
