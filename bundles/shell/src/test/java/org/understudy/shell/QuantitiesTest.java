// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.UnderstudyException;

class QuantitiesTest {
    @ParameterizedTest
    @CsvSource({"1,1", "1048576,1048576", "3K,3072", "1M,1048576", "2G,2147483648"})
    void readsBytesWithUnits(String text, long bytes) {
        assertThat(Quantities.bytes(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "1T", "1MB", "fast", "99999999999999"})
    void refusesOtherAmounts(String text) {
        assertThatExceptionOfType(UnderstudyException.class).isThrownBy(() -> Quantities.bytes(text));
    }

    @Test
    void readsDurations() {
        assertThat(Quantities.duration("300ms")).isEqualTo(Duration.ofMillis(300));
        assertThat(Quantities.duration("2s")).isEqualTo(Duration.ofSeconds(2));
        assertThatExceptionOfType(UnderstudyException.class).isThrownBy(() -> Quantities.duration("300"));
    }
}
