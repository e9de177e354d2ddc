// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The user of QEMU. Access to KVM depends on the user.
 *
 * @param prefix the command that switches to the user, such as {@code setpriv --reuid=...}; empty: no change
 * @param owner the owner of the folder that QEMU writes to; empty: no change
 */
public record QemuUser(List<String> prefix, Optional<UserPrincipal> owner) {
    /** The user of this server. */
    public static QemuUser self() {
        return new QemuUser(List.of(), Optional.empty());
    }

    List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        return all;
    }

    void chown(Path folder) throws IOException {
        if (owner.isPresent()) {
            Files.setOwner(folder, owner.get());
        }
    }

    /** True if the user may read and write the file. */
    boolean canReadAndWrite(Path file) throws IOException, InterruptedException {
        String name = file.toString();
        return new ProcessBuilder(command(List.of("test", "-r", name, "-a", "-w", name)))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
