// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.understudy.api.MacAddress;

class CompletedDefinitionTest {
    private static final UUID MADE_UP = UUID.fromString("11111111-2222-4333-8444-555555555555");

    /** Details that a DOM does not preserve: quotes, order, references, comments, foreign parts, blank lines. */
    private static final String WRITTEN = """
            <?xml version="1.0"?>
            <!-- by hand -->
            <domain  xmlns:q='urn:q'   type = "kvm"
                     q:z='1'>

              <name>a&#x62;</name>
              <memory unit="MiB" >64</memory><vcpu>1</vcpu>
              <os>
                <type machine="q35" arch='x86_64'>hvm</type >
              </os>
              <metadata><q:x><![CDATA[<>]]></q:x></metadata>
              <devices>
                <interface type='user'>
                    <model type="virtio"/>
                </interface>
                <interface type="user" />
                <interface type='user'><mac address='52:54:00:00:00:09'/></interface>
                <memballoon model='none'></memballoon>
              </devices>
            </domain>

            <!-- behind -->
            """;

    private static String complete(String xml) {
        Iterator<MacAddress> macs = List.of(new MacAddress("52:54:00:00:00:01"), new MacAddress("52:54:00:00:00:02"))
                .iterator();
        return CompletedDefinition.of(xml, MADE_UP, macs::next, m -> m.equals("q35") ? "pc-q35-7.2" : m);
    }

    @Test
    void addsWhatIsMissingAndKeepsEveryOtherByte() {
        assertThat(complete(WRITTEN))
                .isEqualTo(WRITTEN.replace("\"q35\"", "\"pc-q35-7.2\"")
                        .replace("</name>", "</name>\n  <uuid>" + MADE_UP + "</uuid>")
                        .replaceFirst(
                                "<interface type='user'>",
                                "<interface type='user'>\n        <mac address='52:54:00:00:00:01'/>")
                        .replace(
                                "<interface type=\"user\" />",
                                "<interface type=\"user\" ><mac address='52:54:00:00:00:02'/></interface>"));
    }

    @Test
    void addsWithTheLineEndsOfTheDocument() {
        String windows = WRITTEN.replace("\n", "\r\n");
        assertThat(complete(windows)).isEqualTo(complete(WRITTEN).replace("\n", "\r\n"));
    }

    @Test
    void isIdempotent() {
        String completed = complete(WRITTEN);
        assertThat(complete(completed)).isEqualTo(completed);
    }

    @Test
    void namesPrimariesWithoutAnAlias() {
        String standby = "<interface type='user'><mac address='52:54:00:00:00:09'/><teaming type='persistent'/>"
                + "<alias name='ua-primary0'/></interface>";
        String primary = "<interface type='network'><mac address='52:54:00:00:00:09'/>"
                + "<teaming type='transient' persistent='ua-primary0'/>%s</interface>";
        String hostdev = "<hostdev><teaming type='transient' persistent='x'/>%s</hostdev>";
        String second = "<hostdev><teaming type='transient' persistent='x'/>%s</hostdev>";
        String withoutStandby = "<hostdev><teaming type='transient'/>%s</hostdev>";
        String definition = "<domain type='qemu'><name>a</name><uuid>" + MADE_UP
                + "</uuid><os><type machine='pc'>hvm</type></os><devices>" + standby + primary + hostdev
                + second + withoutStandby + "</devices></domain>";
        String named = definition.formatted(
                "<alias name='ua-primary-of-primary0'/>",
                "<alias name='ua-primary-of-x'/>",
                "<alias name='ua-primary1'/>",
                "<alias name='ua-primary2'/>");
        String unnamed = definition.formatted("", "", "", "");

        assertThat(complete(unnamed)).isEqualTo(named);
        assertThat(CompletedDefinition.withType(unnamed, "qemu")).isEqualTo(named);
        assertThat(complete(named)).isEqualTo(named);
    }

    @Test
    void usesDefaultMachineTypeOfLibvirtWhenNoneIsSet() {
        String unnamed = "<domain><name>a</name><uuid>" + MADE_UP + "</uuid><os><type>hvm</type></os></domain>";
        assertThat(complete(unnamed)).isEqualTo(unnamed.replace("<type>", "<type machine='pc'>"));
    }

    @Test
    void changesOnlyTheDomainTypeOfTheLiveDefinition() {
        assertThat(CompletedDefinition.withType(WRITTEN, "qemu")).isEqualTo(WRITTEN.replace("\"kvm\"", "\"qemu\""));
        assertThat(CompletedDefinition.withType(WRITTEN, "kvm")).isEqualTo(WRITTEN);
        assertThat(CompletedDefinition.withType("<domain><name>a</name></domain>", "qemu"))
                .isEqualTo("<domain type='qemu'><name>a</name></domain>");
    }
}
