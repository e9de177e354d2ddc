// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

final class LibvirtConnectorTest {
    private final LibvirtConnector connector = new LibvirtConnector();

    @ParameterizedTest
    @CsvSource({
        "url, qemu:///system, is unknown; connector libvirt has",
        "uri, xen:///system, expected a URI such as qemu:///system",
        "uri, 'a b', which is not a valid URI",
        "peer-uri, localhost, expected a URI such as"
    })
    void rejectsAnInvalidOption(String key, String value, String problem) {
        assertThatThrownBy(() -> connector.open(TestHosts.policy(Map.of(key, value))))
                .isInstanceOfSatisfying(UnderstudyException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID);
                    assertThat(e).hasMessageContaining("option '" + key + "'").hasMessageContaining(problem);
                });
    }

    @Test
    void checkRefusesWhatCannotBeOpened() {
        connector.check(TestHosts.policy(Map.of("uri", "test:///default")));

        assertThatThrownBy(() -> connector.check(TestHosts.policy(Map.of("uri", "xen:///system"))))
                .isInstanceOf(UnderstudyException.class)
                .hasMessageContaining("option 'uri' is 'xen:///system'");
    }

    @Test
    void reportsAnUnreachableHost() {
        assertThatThrownBy(() -> connector.open(
                        TestHosts.policy(Map.of("uri", "qemu+unix:///system?socket=/nonexistent/libvirt-sock"))))
                .isInstanceOfSatisfying(UnderstudyException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
                    assertThat(e).hasMessageContaining("is unreachable");
                });
    }
}
