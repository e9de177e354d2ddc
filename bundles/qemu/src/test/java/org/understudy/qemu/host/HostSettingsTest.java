// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;

class HostSettingsTest {
    @Test
    void usesDefaults() {
        HostSettings settings = settings(Map.of("binary", "/usr/bin/true"));
        assertThat(settings.directory()).isEqualTo(Path.of("/data/h1"));
        assertThat(settings.migrationAddress()).isEqualTo("127.0.0.1");
        assertThat(settings.ports()).isEqualTo(new HostSettings.Ports(49152, 49215));
        assertThat(settings.accelerator()).isEqualTo("auto");
        assertThat(settings.tlsDirectory()).isEmpty();
    }

    @Test
    void readsOnePortAsRangeOfOne() {
        assertThat(settings(Map.of("binary", "/usr/bin/true", "migration-ports", "5000"))
                        .ports())
                .isEqualTo(new HostSettings.Ports(5000, 5000));
    }

    @ParameterizedTest
    @CsvSource({
        "directry, /x, did you mean 'directory'?",
        "migration-port, 1-2, did you mean 'migration-ports'?",
        "migration-ports, 9-1, use a range such as 49152-49215",
        "migration-ports, many, use a range such as 49152-49215",
        "accelerator, hax, 'use auto, kvm or tcg'",
        "user, no-such-user, user",
    })
    void rejectsInvalidOptionWithHint(String key, String value, String message) {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() -> settings(Map.of("binary", "/usr/bin/true", key, value)))
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID));
    }

    private static HostSettings settings(Map<String, String> options) {
        return HostSettings.of(new HostPolicy(new HostName("h1"), "qemu", options), Path.of("/data"));
    }
}
