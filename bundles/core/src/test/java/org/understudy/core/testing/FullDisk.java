// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;

/** A small file system of the kernel that a test fills. It is mounted in a namespace of its own; needs no root. */
public final class FullDisk implements AutoCloseable {
    private static final int BLOCK = 4096;

    private final Process namespace;
    private final Path folder;

    private FullDisk(Path mountPoint, int kibibytes) throws IOException {
        namespace = new ProcessBuilder(
                        "unshare",
                        "-r",
                        "-m",
                        "sh",
                        "-c",
                        "mount -t tmpfs -o mode=755,size=" + kibibytes + "k tmpfs \"$1\" && echo ready && exec cat",
                        "sh",
                        mountPoint.toString())
                .redirectErrorStream(true)
                .start();
        String answer = new String(namespace.getInputStream().readNBytes("ready".length()), StandardCharsets.UTF_8);
        assertThat(answer).as("mount").isEqualTo("ready");
        folder = Path.of("/proc/" + namespace.pid() + "/root")
                .resolve(Path.of("/").relativize(mountPoint));
    }

    /** A host that permits no namespaces skips the test; continuous integration must permit them. */
    public static FullDisk of(Path mountPoint, int kibibytes) {
        try {
            return new FullDisk(mountPoint, kibibytes);
        } catch (IOException | AssertionError e) {
            assertThat(System.getenv("CI")).as("namespaces on CI: " + e).isNotEqualTo("true");
            assumeTrue(false, "This machine allows no mount namespaces: " + e);
            throw new AssertionError(e);
        }
    }

    /** Its only folder. */
    public Path folder() {
        return folder;
    }

    /** Leaves no space, as another program does. */
    public void fill() throws IOException {
        byte[] block = new byte[BLOCK];
        try {
            while (true) {
                Files.write(ballast(), block, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    public void free() throws IOException {
        Files.delete(ballast());
    }

    private Path ballast() {
        return folder.resolve("ballast");
    }

    @Override
    public void close() throws IOException {
        namespace.destroyForcibly();
        try {
            assertThat(namespace.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
