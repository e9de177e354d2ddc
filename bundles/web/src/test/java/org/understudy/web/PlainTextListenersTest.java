// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

class PlainTextListenersTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://0.0.0.0:8181/",
                "http://192.0.2.1:8181/",
                "http://[::]:8181/",
                "http://[0:0:0:0:0:0:0:0]/",
                "http://0:0:0:0:0:0:0:0:8181/"
            })
    void reportsAPlainTextServerThatOtherMachinesReach(String endpoint) {
        assertThat(PlainTextListeners.findings(Stream.of(endpoint)))
                .singleElement()
                .extracting(Finding::code)
                .isEqualTo(FindingCode.PLAIN_TEXT_LISTENER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:8181/",
                "http://[::1]:8181/",
                "http://localhost/",
                "https://0.0.0.0:8443/",
                "/",
                "null"
            })
    void reportsNoOther(String endpoint) {
        assertThat(PlainTextListeners.findings(Stream.of(endpoint))).isEmpty();
    }
}
