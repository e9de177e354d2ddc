// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;

class QemuConnectorTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "directoy, /srv/alpha, 'directoy', directory",
        "accelerator, magic, accelerator, magic",
        "migration-ports, 99999, migration-ports, 99999",
        "binary, /no/such/qemu, /no/such/qemu, not a usable QEMU",
        "binary, no-such-qemu, no-such-qemu, not found",
    })
    void checkNamesHostKeyAndValueOfAWrongOptionAndOpensNothing(String key, String value, String first, String second) {
        HostPolicy wrong = new HostPolicy(new HostName("alpha"), "qemu", Map.of(key, value));

        assertThatThrownBy(() -> new QemuConnector(folder.resolve("hosts")).check(wrong))
                .isInstanceOf(UnderstudyException.class)
                .hasMessageContainingAll("Host alpha", first, second);
        assertThat(folder.resolve("hosts/alpha")).doesNotExist();
    }

    @Test
    void aHostWithoutItsUserIsListedAndStartsNothing() {
        HostSettings settings = HostSettingsTest.withUser(
                "no-such-user", Map.of("directory", folder.resolve("hosts").toString()));

        try (Host host = new QemuConnector(folder).open(settings)) {
            assertThat(host.facts().findings())
                    .extracting(Finding::code)
                    .containsExactly(FindingCode.QEMU_USER_MISSING);
            assertThatThrownBy(() -> host.define(EmptyVms.empty("vm1")))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class,
                            e -> assertThat(e.findings())
                                    .extracting(Finding::code)
                                    .contains(FindingCode.QEMU_USER_MISSING));
        }
    }
}
