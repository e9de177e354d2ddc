// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryXmlTest {
    @ParameterizedTest
    @CsvSource({
        "b,3",
        "bytes,3",
        "k,3072",
        "K,3072",
        "KB,3000",
        "kb,3000",
        "KiB,3072",
        "kib,3072",
        "m,3145728",
        "M,3145728",
        "MB,3000000",
        "MiB,3145728",
        "G,3221225472",
        "GB,3000000000",
        "GiB,3221225472",
        "T,3298534883328",
        "TB,3000000000000",
        "TiB,3298534883328",
        "P,3377699720527872",
        "PB,3000000000000000",
        "PiB,3377699720527872",
        "E,3458764513820540928",
        "EB,3000000000000000000",
        "EiB,3458764513820540928"
    })
    void readsEveryUnitOfLibvirt(String unit, long bytes) {
        assertThat(MemoryXml.isUnit(unit)).isTrue();
        assertThat(MemoryXml.bytes(" 3 ", unit)).hasValue(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "i", "iB", "kBB", "x", "xB", "byte", "Kibibytes", "B "})
    void knowsNoOtherUnit(String unit) {
        assertThat(MemoryXml.isUnit(unit)).isFalse();
        assertThat(MemoryXml.bytes("3", unit)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "1.5", "0x10", "99999999999999999999"})
    void readsNothingFromAnAmountThatIsNoWholeNumber(String amount) {
        assertThat(MemoryXml.bytes(amount, "MiB")).isEmpty();
    }

    @Test
    void readsNothingFromAnAmountThatIsTooLarge() {
        assertThat(MemoryXml.bytes("8", "EiB")).isEmpty();
        assertThat(MemoryXml.bytes("7", "EiB")).hasValue(7L << 60);
    }

    @Test
    void readsAnAmountWithoutAUnitAsKibibytes() {
        XmlElement memory = DomainDocument.parse("<domain><memory>2</memory></domain>")
                .root()
                .child("memory")
                .orElseThrow();

        assertThat(MemoryXml.bytes(memory)).hasValue(2048);
    }
}
