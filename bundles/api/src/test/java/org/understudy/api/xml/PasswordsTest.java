// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PasswordsTest {
    @Test
    void masksPasswordsAndKeepsEveryOtherByte() {
        String definition = """
            <domain  xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
              <name>a&#x62;</name>
              <devices>
                <graphics type='vnc' passwd = "s3&lt;cret" passwdValidTo='2030-01-01T00:00:00'/>
                <graphics type='spice' passwd='s4cret'><listen type='socket'/></graphics>
                <disk><source><cookies><cookie name='id'>s5cret</cookie><cookie name='none'/></cookies></source></disk>
              </devices>
              <qemu:commandline><qemu:arg value='-object'/><qemu:arg value='secret,id=x,data=s6cret'/>
                <qemu:env name='VNC_PASSWORD' value='s7cret'/></qemu:commandline>
            </domain>
            """;

        assertThat(Passwords.masked(definition))
                .isEqualTo(definition
                        .replace("s3&lt;cret", "***")
                        .replace("s4cret", "***")
                        .replace("s5cret", "***")
                        .replace("secret,id=x,data=s6cret", "***")
                        .replace("s7cret", "***"))
                .contains("passwdValidTo='2030-01-01T00:00:00'");
    }

    @Test
    void returnsADefinitionWithoutPasswordsAsItIs() {
        String definition = "<domain><name>a</name></domain>\n";

        assertThat(Passwords.masked(definition)).isSameAs(definition);
    }
}
