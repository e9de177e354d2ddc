// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.karaf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Hosts whose VMs are simulated by libvirt's test driver. */
final class TestFleet {
    static final int HOSTS = 200;
    /** Few, because each host is opened by reading its file, within a deadline. */
    private static final int VMS_PER_HOST = 100;

    static final int VMS = HOSTS * VMS_PER_HOST;

    private TestFleet() {}

    /** Writes the hosts to files in a folder. */
    static String configuration(Path folder) throws IOException {
        StringBuilder configuration = new StringBuilder("hosts:\n");
        for (int host = 0; host < HOSTS; host++) {
            StringBuilder node = new StringBuilder("<node>\n");
            for (int vm = 0; vm < VMS_PER_HOST; vm++) {
                node.append("""
                        <domain type='test'>
                          <name>vm-%04d-%02d</name>
                          <uuid>6f1c7f8e-4d1b-4b0c-9a52-%012x</uuid>
                          <memory unit='MiB'>64</memory>
                          <os><type arch='x86_64' machine='q35'>hvm</type></os>
                          <devices><interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface></devices>
                        </domain>
                        """.formatted(host, vm, host * VMS_PER_HOST + vm));
            }
            Path file = folder.resolve("h%04d.xml".formatted(host));
            Files.writeString(file, node.append("</node>\n"));
            configuration.append("  - {name: h%04d, connector: libvirt, uri: 'test://%s'}%n".formatted(host, file));
        }
        return configuration.toString();
    }
}
