// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;

class HostSettingsTest {
    private static final String MISSING = "no-such-user";

    @TempDir
    Path folder;

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

    @ParameterizedTest
    @CsvSource({
        "'root nobody understudy-qemu libvirt-qemu', understudy-qemu",
        "'root nobody libvirt-qemu', libvirt-qemu",
        "'root nobody', understudy-qemu",
    })
    void qemuRunsAsAUserThatRunsQemuAlone(String users, String expected) throws IOException {
        assertThat(HostSettings.defaultUser(passwd(users))).isEqualTo(expected);
    }

    @Test
    void aMissingUserIsReportedWithTheCommandThatCreatesIt() throws IOException {
        HostSettings settings = withUser("understudy-qemu", Map.of("binary", "/usr/bin/true"));

        assertThat(settings.missingUser(passwd("root nobody"))).hasValueSatisfying(missing -> {
            assertThat(missing.code()).isEqualTo(FindingCode.QEMU_USER_MISSING);
            assertThat(missing.severity()).isEqualTo(Severity.ERROR);
            assertThat(missing.remedy()).contains("useradd --system", " understudy-qemu");
        });
        assertThat(settings.missingUser(passwd("root understudy-qemu"))).isEmpty();
    }

    @Test
    void withoutItsUserQemuDoesNotRunAsTheUserOfTheServer() {
        assertThatExceptionOfType(UnderstudyException.class)
                .isThrownBy(() ->
                        withUser(MISSING, Map.of("binary", "/usr/bin/true")).user())
                .withMessageContaining("h1");
    }

    /** A host whose user is {@code name}, whether or not it exists. */
    static HostSettings withUser(String name, Map<String, String> options) {
        HostSettings s = settings(options);
        return new HostSettings(
                s.name(),
                s.directory(),
                s.binary(),
                Optional.of(name),
                s.bridgeHelper(),
                s.migrationAddress(),
                s.ports(),
                s.accelerator(),
                s.tlsDirectory());
    }

    private Path passwd(String users) throws IOException {
        String lines = Stream.of(users.split(" "))
                .map(user -> user + ":x:900:900::/nonexistent:/usr/sbin/nologin\n")
                .collect(Collectors.joining());
        return Files.writeString(folder.resolve("passwd"), lines);
    }

    private static HostSettings settings(Map<String, String> options) {
        return HostSettings.of(new HostPolicy(new HostName("h1"), "qemu", options), Path.of("/data"));
    }
}
