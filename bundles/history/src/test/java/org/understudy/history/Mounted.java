// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.Assumptions;

/** A file system of its own, for a test that runs as root. */
final class Mounted implements AutoCloseable {
    private final Path folder;

    private Mounted(Path folder, String... options) throws IOException {
        boolean root = System.getProperty("user.name").equals("root");
        if (!root && "true".equals(System.getenv("CI"))) {
            throw new AssertionError("mounting a file system needs root");
        }
        Assumptions.assumeThat(root).as("runs as root, which can mount").isTrue();
        this.folder = folder;
        Files.createDirectories(folder);
        String[] command = new String[options.length + 2];
        command[0] = "mount";
        System.arraycopy(options, 0, command, 1, options.length);
        command[command.length - 1] = folder.toString();
        run(command);
    }

    static Mounted tmpfs(Path folder, String size) throws IOException {
        return new Mounted(folder, "-t", "tmpfs", "-o", "size=" + size, "tmpfs");
    }

    /** Root can write everywhere but here. */
    static Mounted readOnly(Path folder) throws IOException {
        Mounted mounted = new Mounted(folder, "--bind", folder.toString());
        run("mount", "-o", "remount,bind,ro", folder.toString());
        return mounted;
    }

    void allowWrites() throws IOException {
        run("mount", "-o", "remount,bind,rw", folder.toString());
    }

    Path folder() {
        return folder;
    }

    private Path filler() {
        return folder.resolve("filler");
    }

    void fill() {
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filler())) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    void free() throws IOException {
        Files.delete(filler());
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.onExit().join().exitValue())
                .as(String.join(" ", command))
                .isZero();
    }

    @Override
    public void close() throws IOException {
        run("umount", folder.toString());
    }
}
