// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.VmName;
import org.understudy.api.spi.OutgoingRequest;

class MigrateCallTest {
    private final Domain domain = mock(Domain.class);

    @Test
    void setsTheRequestedDowntime() throws LibvirtException {
        MigrationOptions defaults = MigrationOptions.defaults();
        run(new MigrationOptions(
                defaults.bandwidth(),
                Optional.of(Duration.ofSeconds(2)),
                defaults.autoConverge(),
                defaults.multifdChannels(),
                defaults.postcopy(),
                defaults.tls(),
                defaults.requireVf(),
                defaults.strategy(),
                defaults.probe()));

        verify(domain).migrateSetMaxDowntime(2000);
    }

    @Test
    void resetsTheDowntimeOfAnEarlierMigration() throws LibvirtException {
        run(MigrationOptions.defaults());

        verify(domain).migrateSetMaxDowntime(300);
    }

    private void run(MigrationOptions options) throws LibvirtException {
        new MigrateCall(new OutgoingRequest(
                        new MigrationId("m-1"),
                        new VmName("web1"),
                        "qemu+tcp://b/system",
                        options,
                        "<domain/>",
                        "<domain/>"))
                .run(domain);
    }
}
