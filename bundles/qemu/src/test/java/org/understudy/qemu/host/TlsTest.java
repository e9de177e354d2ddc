// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.understudy.api.MigrationOptions;
import org.understudy.qemu.qmp.MigrationParameters;

class TlsTest {
    @Test
    void resetsTheLimitsOfAnEarlierMigration() {
        MigrationParameters parameters = Tls.parameters(
                mock(RunningQemu.class), mock(HostSettings.class), MigrationOptions.defaults(), Tls.Endpoint.CLIENT);

        assertThat(parameters)
                .isEqualTo(new MigrationParameters(
                        OptionalLong.of(MigrationParameters.DEFAULT_BANDWIDTH),
                        Optional.of(MigrationParameters.DEFAULT_DOWNTIME),
                        OptionalInt.empty(),
                        Optional.of(""),
                        Optional.empty()));
    }
}
