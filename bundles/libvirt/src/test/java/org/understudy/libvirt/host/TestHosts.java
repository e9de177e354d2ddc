// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import java.util.Map;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.spi.Host;

/** Hosts of libvirt's own test driver, which is a part of the real client library. */
final class TestHosts {
    private TestHosts() {}

    /** One running VM with the name {@code test}. All connections of this process share it. */
    static Host open() {
        return open("test:///default");
    }

    static Host open(String uri) {
        return new LibvirtConnector().open(policy(Map.of("uri", uri)));
    }

    static HostPolicy policy(Map<String, String> options) {
        return new HostPolicy(new HostName("a"), "libvirt", options);
    }

    /** A definition the test driver takes. */
    static String definition(String name) {
        return """
                <domain type='test'>
                  <name>%s</name>
                  <memory unit='MiB'>64</memory>
                  <vcpu>1</vcpu>
                  <os><type arch='i686'>hvm</type></os>
                </domain>
                """.formatted(name);
    }

    /** A definition that runs an idle QEMU. */
    static String qemu(String name) {
        return """
                <domain type='qemu'>
                  <name>%s</name>
                  <memory unit='MiB'>32</memory>
                  <vcpu>1</vcpu>
                  <os><type arch='x86_64' machine='q35'>hvm</type></os>
                  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model='none'/></devices>
                </domain>
                """.formatted(name);
    }
}
