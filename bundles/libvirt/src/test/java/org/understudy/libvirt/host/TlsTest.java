// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.libvirt.connect.Certificates;
import org.understudy.libvirt.connect.Libvirtd;

/** Runs against a real libvirtd that requires client certificates. */
final class TlsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static Libvirtd daemon;

    @BeforeAll
    static void start(@TempDir Path directory) throws IOException {
        daemon = Libvirtd.startWithTls(directory);
    }

    @AfterAll
    static void end() {
        if (daemon != null) {
            daemon.close();
        }
    }

    private static Host open(String uri) {
        return TestHosts.open(TestHosts.policy(Map.of("uri", uri)));
    }

    @Test
    void managesAHostAndReceivesItsEventsOverTls() {
        List<HostEvent> events = new CopyOnWriteArrayList<>();
        try (Host host = open(daemon.tlsUri(daemon.pki()))) {
            host.subscribe(events::add);
            host.define(TestHosts.qemu("web1"));

            await().atMost(LIMIT).until(() -> events.stream().anyMatch(HostEvent.DefinitionChanged.class::isInstance));
            assertThat(host.facts().summary()).contains("qemu+tls://127.0.0.1:");
        }
    }

    @Test
    void reportsARejectedCertificate(@TempDir Path elsewhere) throws IOException {
        Path otherPki = Certificates.make(elsewhere).folder();

        assertThatThrownBy(() -> open(daemon.tlsUri(otherPki))).isInstanceOfSatisfying(UnderstudyException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
            assertThat(e).hasMessageContaining("is unreachable").hasMessageContaining("ertificate");
        });
    }
}
