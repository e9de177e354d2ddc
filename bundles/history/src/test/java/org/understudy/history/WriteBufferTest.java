// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WriteBufferTest {
    private final WriteBuffer buffer = new WriteBuffer(3, 1_000_000, () -> Entries.START);

    private static HistoryRow row(int number, int second) {
        return Entries.FORMAT.of(
                Entries.migration("m-" + number, "web1", Entries.START.plusSeconds(second), Optional.empty()));
    }

    @Test
    void keepsTheNewestRowOfAnIdInItsPlace() {
        buffer.put(row(1, 0));
        buffer.put(row(2, 0));
        buffer.put(row(1, 9));

        assertThat(buffer.oldest(9)).containsExactly(row(1, 9), row(2, 0));
    }

    @Test
    void dropsTheOldestWhenItIsFullAndCountsThem() {
        for (int i = 0; i < 5; i++) {
            buffer.put(row(i, 0));
        }

        assertThat(buffer.oldest(9)).extracting(HistoryRow::id).containsExactly("m-2", "m-3", "m-4");
        assertThat(buffer.loss()).isEqualTo(new WriteBuffer.Loss(2, Optional.of(Entries.START)));
    }

    @Test
    void isFullByTheirSizeToo() {
        WriteBuffer small = new WriteBuffer(1000, row(1, 0).size() * 3L, () -> Entries.START);
        for (int i = 0; i < 9; i++) {
            small.put(row(i, 0));
        }

        assertThat(small.size()).isEqualTo(3);
        small.remove(small.oldest(9));
        for (int i = 0; i < 3; i++) {
            small.put(row(i, 0));
        }
        assertThat(small.size()).isEqualTo(3);
        assertThat(small.loss().rows()).isEqualTo(6);
    }

    @Test
    void keepsARowThatWasReplacedWhileItWasStored() {
        buffer.put(row(1, 0));
        List<HistoryRow> stored = buffer.oldest(9);
        buffer.put(row(1, 9));

        buffer.remove(stored);

        assertThat(buffer.oldest(9)).containsExactly(row(1, 9));
    }
}
