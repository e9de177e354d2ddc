// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A local user. */
public record SystemUser(String name, String group) {
    /**
     * @param passwd such as {@code /etc/passwd}
     * @return empty if there is no such user
     */
    public static Optional<SystemUser> find(Path passwd, String name) {
        try {
            return Files.readAllLines(passwd).stream()
                    .map(line -> line.split(":"))
                    .filter(fields -> fields.length > 3 && fields[0].equals(name))
                    .map(fields -> new SystemUser(name, fields[3]))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
