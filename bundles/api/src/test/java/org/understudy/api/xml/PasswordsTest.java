// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PasswordsTest {
    private static final String WITH_PASSWORDS = """
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

    @Test
    void masksPasswordsAndKeepsEveryOtherByte() {
        assertThat(Passwords.masked(WITH_PASSWORDS))
                .isEqualTo(WITH_PASSWORDS
                        .replace("s3&lt;cret", "***")
                        .replace("s4cret", "***")
                        .replace("s5cret", "***")
                        .replace("secret,id=x,data=s6cret", "***")
                        .replace("s7cret", "***"))
                .contains("passwdValidTo='2030-01-01T00:00:00'");
    }

    @Test
    void findsEveryPasswordThatWasMasked() {
        assertThat(Passwords.maskedPaths(WITH_PASSWORDS)).isEmpty();
        assertThat(Passwords.maskedPaths(Passwords.masked(WITH_PASSWORDS)))
                .containsExactly(
                        "/domain/devices/graphics[1]/@passwd",
                        "/domain/devices/graphics[2]/@passwd",
                        "/domain/devices/disk/source/cookies/cookie[1]",
                        "/domain/commandline/arg[2]/@value",
                        "/domain/commandline/env/@value");
    }

    @Test
    void returnsADefinitionWithoutPasswordsAsItIs() {
        String definition = "<domain><name>a</name></domain>\n";

        assertThat(Passwords.masked(definition)).isSameAs(definition);
    }
}
