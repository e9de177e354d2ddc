// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Hosts for libvirt's test driver and the configuration that names them. Half of the VMs have a failover pair. The file
 * {@code far} has the start of their URIs if a daemon emulates them; the file {@code near} has that of another client.
 */
record FleetOnDisk(Path folder) {
    /** The line of the configuration with the first host. */
    private static final int FIRST_HOST = 3;

    /** The only path for which all connections of a process share their VMs. */
    private static final String SHARED = "/default";

    private String far() throws IOException {
        return start("far");
    }

    private String start(String file) throws IOException {
        Path stored = folder.resolve(file);
        return Files.exists(stored) ? Files.readString(stored).strip() : "test://";
    }

    /** Whether a daemon emulates the hosts. */
    boolean isRemote() {
        return Files.exists(folder.resolve("far"));
    }

    /** For a client that shares the VMs of one host with Understudy. */
    String sharedUri() throws IOException {
        return start("near") + SHARED;
    }

    List<String> uris() throws IOException {
        String far = far();
        try (Stream<Path> files = Files.list(folder.resolve("hosts"))) {
            return files.sorted().map(file -> far + file).toList();
        }
    }

    /** Adds hosts to the configuration, evenly between the others, that accept connections and never answer. */
    void hang(int hosts, int port) throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(configuration()));
        lines.removeIf(line -> line.contains("name: hang"));
        int step = (lines.size() - FIRST_HOST) / Math.max(1, hosts);
        for (int host = 0; host < hosts; host++) {
            lines.add(
                    FIRST_HOST + host * (step + 1),
                    "  - {name: hang%02d, connector: libvirt, uri: 'test+tcp://127.0.0.1:%d/default'}"
                            .formatted(host, port));
        }
        Files.write(configuration(), lines);
    }

    private Path configuration() {
        return folder.resolve("understudy.yaml");
    }

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
            configuration.append("  - {name: h%04d, connector: libvirt, uri: '%s%s'}%n".formatted(host, far(), file));
        }
        configuration.append("  - {name: shared, connector: libvirt, uri: '%s'}%n".formatted(far() + SHARED));
        Files.writeString(configuration(), configuration);
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
