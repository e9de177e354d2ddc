// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostFacts.Version;

/**
 * Starts QEMU processes that outlive this server: in their own session, without a pipe to the server.
 *
 * @param binary the QEMU program
 */
public record Launcher(Path binary, Version version) {
    /**
     * Starts QEMU with paused vCPUs and returns at once.
     *
     * @param hardware arguments for the virtual hardware
     * @param migration further arguments, such as {@code -incoming defer}
     * @throws UnderstudyException {@link ErrorCode#QEMU_START_FAILED} if the program cannot be run
     */
    public QemuProcess start(VmFolder folder, Sandbox sandbox, List<String> hardware, List<String> migration) {
        List<String> command = new ArrayList<>(sandbox.prefix());
        command.add(binary.toString());
        command.addAll(List.of("-nodefaults", "-no-user-config"));
        command.addAll(sandbox.options(version));
        command.addAll(List.of("-S", "-msg", "timestamp=on"));
        command.addAll(List.of("-pidfile", folder.pidFile().toString()));
        command.addAll(List.of("-chardev", "socket,id=monitor,server=on,wait=off,path=" + escaped(folder.monitor())));
        command.addAll(List.of("-mon", "chardev=monitor,mode=control"));
        command.addAll(hardware);
        command.addAll(migration);
        prepare(folder, sandbox);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(new File("/"))
                .redirectInput(new File("/dev/null"))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.log().toFile()))
                .redirectErrorStream(true);
        builder.environment()
                .keySet()
                .removeIf(key -> !List.of("PATH", "LANG", "TMPDIR").contains(key));
        try {
            return QemuProcess.started(builder.start());
        } catch (IOException e) {
            throw new UnderstudyException(
                    ErrorCode.QEMU_START_FAILED, "Cannot run " + command.get(0) + ": " + e.getMessage(), e);
        }
    }

    private static String escaped(Path path) {
        return path.toString().replace(",", ",,");
    }

    private static void prepare(VmFolder folder, Sandbox sandbox) {
        try {
            Files.deleteIfExists(folder.monitor());
            Files.deleteIfExists(folder.pidFile());
            if (Files.exists(folder.log())) {
                Files.move(folder.log(), folder.path().resolve("qemu.log.old"), StandardCopyOption.REPLACE_EXISTING);
            }
            Files.createFile(
                    folder.log(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            if (sandbox.user().isPresent()) {
                chown(folder.qemuFolder(), sandbox.user().get().name());
            }
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.IO_FAILED, "Cannot prepare folder " + folder.path() + ": " + e, e);
        }
    }

    private static void chown(Path folder, String user) throws IOException {
        UserPrincipal owner =
                folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(user);
        Files.setOwner(folder, owner);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(f -> Files.isRegularFile(f, LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                Files.setOwner(file, owner);
            }
        }
    }
}
