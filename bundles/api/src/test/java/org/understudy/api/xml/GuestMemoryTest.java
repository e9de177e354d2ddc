// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuestMemoryTest {
    @Test
    void memoryThatWasNeverTouchedTakes53SecondsFor128Gib() {
        GuestMemory memory = GuestMemory.read(definition(""));

        assertThat(memory.prepared()).isFalse();
        assertThat(memory.pinning()).isEqualTo(Duration.ofMillis(53_376));
        assertThat(memory.openingAllowance()).isEqualTo(Duration.ofMillis(160_128));
        assertThat(memory.startAllowance()).isEqualTo(Duration.ofMillis(160_128));
    }

    @ParameterizedTest
    @ValueSource(strings = {"<hugepages/>", "<locked/>", "<allocation mode='immediate'/>"})
    void preparedMemoryIsCheapToPinAndDearToStart(String how) {
        GuestMemory memory = GuestMemory.read(definition("<memoryBacking>" + how + "</memoryBacking>"));

        assertThat(memory.prepared()).isTrue();
        assertThat(memory.pinning()).isEqualTo(Duration.ofMillis(6656));
        assertThat(memory.openingAllowance()).isEqualTo(Duration.ofMillis(19_968));
        assertThat(memory.startAllowance()).isEqualTo(Duration.ofMillis(160_128));
    }

    @ParameterizedTest
    @ValueSource(strings = {"<nosharepages/>", "<allocation mode='ondemand'/>", "<source type='memfd'/>"})
    void otherBackingIsNotPrepared(String how) {
        assertThat(GuestMemory.read(definition("<memoryBacking>" + how + "</memoryBacking>"))
                        .prepared())
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"<domain/>", "<domain><memory>much</memory></domain>", "no XML", ""})
    void unknownMemoryNeedsNoAllowance(String definition) {
        assertThat(GuestMemory.read(definition).openingAllowance()).isZero();
        assertThat(GuestMemory.read(definition).startAllowance()).isZero();
    }

    private static String definition(String backing) {
        return "<domain><memory unit='GiB'>128</memory>" + backing + "</domain>";
    }
}
