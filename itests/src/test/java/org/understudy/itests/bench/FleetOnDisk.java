// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Hosts for libvirt's test driver and the configuration that names them. Half of the VMs have a failover pair. */
record FleetOnDisk(Path folder) {
    /** The only URI for which all connections of a process share their VMs. */
    static final String SHARED_URI = "test:///default";

    void write(int hosts, int vms) throws IOException {
        Path files = Files.createDirectories(folder.resolve("hosts"));
        StringBuilder configuration = new StringBuilder("pools:\n  - {name: fleet, select: [eno1]}\nhosts:\n");
        for (int host = 0; host < hosts; host++) {
            Path file = files.resolve("h%04d.xml".formatted(host));
            StringBuilder node = new StringBuilder("<node>\n");
            for (int vm = 0; vm < vms; vm++) {
                node.append(definition("vm-%04d-%02d".formatted(host, vm), host * vms + vm));
            }
            Files.writeString(file, node.append("</node>\n"));
            configuration.append("  - {name: h%04d, connector: libvirt, uri: 'test://%s'}%n".formatted(host, file));
        }
        configuration.append("  - {name: shared, connector: libvirt, uri: '%s'}%n".formatted(SHARED_URI));
        Files.writeString(folder.resolve("understudy.yaml"), configuration);
    }

    static String definition(String name, int number) {
        String mac = "52:54:00:%02x:%02x:%02x".formatted(number >> 16 & 255, number >> 8 & 255, number & 255);
        return """
                <domain type='test'>
                  <name>%1$s</name>
                  <uuid>6f1c7f8e-4d1b-4b0c-9a52-%2$012x</uuid>
                  <memory unit='MiB'>512</memory>
                  <vcpu>1</vcpu>
                  <os><type arch='x86_64' machine='q35'>hvm</type></os>
                  <devices>
                    <interface type='bridge'>
                      <mac address='%3$s'/><source bridge='br0'/><model type='virtio'/>
                      %4$s
                    </interface>
                    %5$s
                  </devices>
                </domain>
                """.formatted(
                        name,
                        number,
                        mac,
                        number % 2 == 0 ? "<teaming type='persistent'/><alias name='ua-standby0'/>" : "",
                        number % 2 == 0 ? primary(mac) : "");
    }

    private static String primary(String mac) {
        return """
                <interface type='network'>
                  <mac address='%s'/><source network='fleet'/>
                  <teaming type='transient' persistent='ua-standby0'/><alias name='ua-primary0'/>
                </interface>""".formatted(mac);
    }
}
