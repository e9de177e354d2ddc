// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.libvirt.connect.Libvirtd;

/** Shows why a definition is read back: a real libvirtd does not store all of it. */
final class StoredDefinitionTest {
    private static final VmName WEB = new VmName("web1");

    @Test
    void dropsAnAliasWithoutUserPrefixSilently(@TempDir Path directory) throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                Host host = TestHosts.open(TestHosts.policy(Map.of("uri", daemon.uri("qemu", "/system"))))) {
            String pair = TestHosts.pair("web1", directory, directory.resolve("serial"), "");

            host.define(pair);
            assertThat(host.definition(WEB)).contains("<alias name='ua-standby0'/>");

            host.define(pair.replace("<alias name='ua-standby0'/>", "<alias name='standby0'/>"));
            assertThat(host.definition(WEB))
                    .contains("<teaming type='persistent'/>")
                    .doesNotContain("<alias");
        }
    }

    /** A primary without an alias has its name from its standby NIC because of this. */
    @Test
    void theRunningDefinitionHasNoAliasOfOneRun(@TempDir Path directory) throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                Host host = TestHosts.open(TestHosts.policy(Map.of("uri", daemon.uri("qemu", "/system"))))) {
            VmName vm = host.define(TestHosts.qemu("idle")
                            .replace(
                                    "<memballoon",
                                    "<interface type='user'><model type='virtio'/></interface><memballoon"))
                    .name();
            host.start(vm, Map.of());
            try {
                assertThat(host.liveDefinition(vm).orElseThrow())
                        .contains("<interface")
                        .doesNotContain("<alias");
            } finally {
                host.destroy(vm);
                host.undefine(vm);
            }
        }
    }
}
