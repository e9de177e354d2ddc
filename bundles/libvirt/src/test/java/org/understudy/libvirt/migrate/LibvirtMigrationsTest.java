// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.libvirt.connect.LibvirtSettings;
import org.understudy.libvirt.connect.LibvirtThreads;
import org.understudy.libvirt.domain.Domains;
import org.understudy.libvirt.domain.Monitor;
import org.understudy.libvirt.event.OutgoingDomains;

@Timeout(60)
final class LibvirtMigrationsTest {
    private static final VmName WEB = new VmName("web1");
    private static final HostName HOST = new HostName("a");

    @Test
    void endsAMigrationWhoseCallEndedWithAnError() {
        Domains domains = mock(Domains.class);
        Monitor monitor = mock(Monitor.class);
        OutgoingDomains outgoingDomains = new OutgoingDomains();
        when(domains.call(any(), eq(WEB), any())).thenReturn(false);
        doThrow(new NoClassDefFoundError("from the test")).when(domains).run(any(), eq(WEB), any());
        when(monitor.query(any(), any(), any()))
                .thenThrow(new UnderstudyException(ErrorCode.DEADLINE_EXCEEDED, "QEMU hangs"));
        try (LibvirtThreads threads = new LibvirtThreads(SystemScheduler.process());
                HostEventQueue events = new HostEventQueue(HOST, threads.events())) {
            LibvirtMigrations migrations = new LibvirtMigrations(
                    LibvirtSettings.of(new HostPolicy(HOST, "libvirt", Map.of())),
                    domains,
                    monitor,
                    outgoingDomains,
                    events,
                    threads);

            assertThatThrownBy(() -> migrations.start(new OutgoingRequest(
                            new MigrationId("m-1"),
                            WEB,
                            "qemu+tcp://b/system",
                            MigrationOptions.defaults(),
                            "<domain/>",
                            "<domain/>")))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                    .hasRootCauseInstanceOf(NoClassDefFoundError.class);
            assertThat(outgoingDomains.contains(WEB)).isFalse();
        }
    }
}
