// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WrappedSequenceTest {
    private final WrappedSequence sequence = new WrappedSequence();

    @Test
    void growsOverManyWraps() {
        for (long n = 1; n < 300_000; n += 7) {
            assertThat(sequence.unwrap((int) (n % 65536))).isEqualTo(n);
        }
    }

    @Test
    void placesALateNumberBeforeTheWrap() {
        sequence.unwrap(32_000);
        sequence.unwrap(64_000);
        sequence.unwrap(65_535);
        assertThat(sequence.unwrap(1)).isEqualTo(65_537);
        assertThat(sequence.unwrap(65_534)).isEqualTo(65_534);
        assertThat(sequence.unwrap(2)).isEqualTo(65_538);
    }
}
