// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NicOptionsTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "'root nobody understudy-qemu libvirt-qemu', understudy-qemu",
        "'root nobody libvirt-qemu', libvirt-qemu",
        "'root nobody', understudy-qemu",
    })
    void vfsAreOpenedByTheUserThatRunsQemuAlone(String users, String expected) throws IOException {
        Path passwd = Files.writeString(
                folder.resolve("passwd"), users.replaceAll("(\\S+) ?", "$1:x:900:900::/nonexistent:/bin/false\n"));

        assertThat(NicOptions.qemuUser(passwd)).isEqualTo(expected);
    }
}
