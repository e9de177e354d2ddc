// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextFormsTest {
    @Test
    void readsEveryNicSelector() {
        assertThat(NicSelector.parse("only")).isEqualTo(new NicSelector.Only());
        assertThat(NicSelector.parse("2")).isEqualTo(new NicSelector.ByIndex(2));
        assertThat(NicSelector.parse("52:54:00:AA:00:01"))
                .isEqualTo(new NicSelector.ByMac(new MacAddress("52:54:00:aa:00:01")));
        assertThat(NicSelector.parse("ua-net0")).isEqualTo(new NicSelector.ByAlias(new Alias("ua-net0")));
    }

    @Test
    void readsEveryTermOfAVfSelector() {
        VfSelector selector = VfSelector.parse(" eno1#0-3,7  vendor=0x8086 device=154C driver=i40e numa=1 ");
        assertThat(selector.pf()).contains("eno1");
        assertThat(selector.indexes()).containsExactly(new VfSelector.Range(0, 3), new VfSelector.Range(7, 7));
        assertThat(selector.vendor()).contains("8086");
        assertThat(selector.device()).contains("154c");
        assertThat(selector.driver()).contains("i40e");
        assertThat(selector.numaNode()).hasValue(1);
        assertThat(selector).hasToString("eno1#0-3,7  vendor=0x8086 device=154C driver=i40e numa=1");
        assertThat(VfSelector.parse("0000:01:00.0#2").address()).contains(PciAddress.parse("01:00.0"));
    }

    @Test
    void readsMacAddressesInEachFormOfLibvirt() {
        assertThat(new MacAddress("52:54:0:AB:c:03").value()).isEqualTo("52:54:00:ab:0c:03");
        assertThat(new MacAddress("0:0:0:0:0:1")).isEqualTo(new MacAddress("00:00:00:00:00:01"));
        for (String other : List.of("52-54-00-01-02-03", "525400010203", "52:54:00:01:02", "52:54:00:01:02:003")) {
            assertThatExceptionOfType(UnderstudyException.class).isThrownBy(() -> new MacAddress(other));
        }
    }

    @Test
    void readsPciAddressesOfEveryDomainInTheirOrder() {
        assertThat(PciAddress.parse("ffffffff:e1:00.0").domain()).isEqualTo(0xffffffffL);
        assertThat(PciAddress.parse("10000:E1:00.0")).hasToString("10000:e1:00.0");
        assertThat(PciAddress.parse("e1:00.0")).hasToString("0000:e1:00.0");
        assertThat(VfSelector.parse("10000:e1:00.0#2").address()).contains(PciAddress.parse("10000:e1:00.0"));
        assertThat(PciAddress.parse("ffff:00:00.0")).isLessThan(PciAddress.parse("10000:00:00.0"));
        assertThatExceptionOfType(UnderstudyException.class).isThrownBy(() -> PciAddress.parse("100000000:e1:00.0"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "#1",
                "eno1#",
                "eno1#7-3",
                "eno1#1-2-3",
                "eno1#0,",
                "eno1 eno2",
                "vendor=80866",
                "vendor=8086 vendor=8086",
                "colour=blue",
                "numa=-1",
                "../eno1",
                "0000:01:00.9",
                "a.name.of.128.letters.a.name.of.128.letters.a.name.of.128.letters.a.name.of.128.letters.a.name.of.128.letters.a"
                        + ".name.of.128.letters"
            })
    void refusesOtherVfSelectors(String text) {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> VfSelector.parse(text))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    @Test
    void readsEveryKindOfProbe() {
        assertThat(ProbeTarget.parse("heartbeat:127.0.0.1:5000/7"))
                .isEqualTo(new ProbeTarget.Heartbeat("127.0.0.1", 5000, 7));
        assertThat(ProbeTarget.parse("heartbeat:[::1]:5000/7")).isEqualTo(new ProbeTarget.Heartbeat("::1", 5000, 7));
        assertThat(ProbeTarget.parse("icmp:fe80::1"))
                .isEqualTo(new ProbeTarget.Icmp("fe80::1", ProbeTarget.DEFAULT_INTERVAL));
        assertThat(ProbeTarget.parse("arp:br0:10.0.0.1"))
                .isEqualTo(new ProbeTarget.Arp("br0", "10.0.0.1", ProbeTarget.DEFAULT_INTERVAL));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ping:1.2.3.4",
                "heartbeat:127.0.0.1:70000/1",
                "heartbeat:127.0.0.1:1/4294967296",
                "heartbeat:127.0.0.1/1",
                "arp:br0"
            })
    void refusesOtherProbes(String text) {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> ProbeTarget.parse(text))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    @Test
    void allowsNoTargetThatCannotBeProbed() {
        assertInvalid(() -> new ProbeTarget.Heartbeat("127.0.0.1", -1, 1));
        assertInvalid(() -> new ProbeTarget.Heartbeat("127.0.0.1", 1, -1));
        assertInvalid(() -> new ProbeTarget.Icmp("127.0.0.1", Duration.ofMillis(9)));
        assertInvalid(() -> new ProbeTarget.Arp("br0", "10.0.0.1", Duration.ZERO));
    }

    private static void assertInvalid(ThrowingCallable make) {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(make)
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }
}
