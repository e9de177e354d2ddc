// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.hostnic.backend.SriovBackend.LeaseOwner;

class LeaseTextTest {
    /** USVF_OWNER_TEXT in usvf.h. */
    private static final int LONGEST_OWNER = 1023;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "web1",
                "web server",
                "a:b:c",
                "-rf",
                "$(reboot)",
                "it's",
                "b\u00FCro",
                "\uD83D\uDE00",
                "tab\there",
                "100%",
                "\u202Ex"
            })
    void keepsTheNameOfEveryVm(String vm) {
        LeaseOwner owner = new LeaseOwner("s1:alpha", vm, "ua-vf0");
        String text = LeaseText.of(owner);

        assertThat(text).matches("[!-~]+");
        assertThat(LeaseText.parse(text)).contains(owner);
    }

    /** libvirt's file of a VM, NAME.xml, has at most 255 bytes. */
    @Test
    void fitsTheLongestNameThatLibvirtStores() {
        String longest = "\u00E4".repeat(125) + "x";
        String label = "x".repeat(64);

        assertThat(LeaseText.of(new LeaseOwner(label + ":" + label, longest, label)))
                .hasSizeLessThanOrEqualTo(LONGEST_OWNER);
    }

    @Test
    void readsALeaseOfAnEarlierVersion() {
        assertThat(LeaseText.parse("s1:alpha:web-1.example_2:ua-vf0"))
                .contains(new LeaseOwner("s1:alpha", "web-1.example_2", "ua-vf0"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "someone", "a:b:c", "a:b:c:d:e", "s1:alpha:a~b:ua-vf0"})
    void anotherOwnerIsNoServer(String text) {
        assertThat(LeaseText.parse(text)).isEmpty();
    }
}
