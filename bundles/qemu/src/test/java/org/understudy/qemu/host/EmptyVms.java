// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

/** Definitions of VMs without an operating system. */
final class EmptyVms {
    private EmptyVms() {}

    /** A VM without an operating system: its firmware idles. */
    static String empty(String name, String devices) {
        return """
                <domain type='qemu'>
                  <name>%s</name>
                  <uuid>11111111-2222-4333-8444-555555555555</uuid>
                  <memory unit='MiB'>64</memory>
                  <vcpu>1</vcpu>
                  <os><type arch='x86_64' machine='q35'>hvm</type></os>
                  <features><acpi/><apic/></features>
                  <devices><memballoon model='none'/>%s</devices>
                </domain>
                """.formatted(name, devices);
    }

    static String empty(String name) {
        return empty(name, "");
    }
}
