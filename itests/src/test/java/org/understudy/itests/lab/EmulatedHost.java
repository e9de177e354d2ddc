// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assumptions;
import org.understudy.itests.Built;

/** A machine with an SR-IOV NIC behind an IOMMU, emulated. It ends with {@link #close} or with this JVM. */
public final class EmulatedHost extends SriovHost {
    /** Long enough for a host under emulation on a busy machine, and for building it where that has not been done. */
    static final Duration START = Duration.ofMinutes(5);

    private static final String JAVA = System.getProperty("java.home");

    private final Path folder;

    private EmulatedHost(Path folder) {
        super(folder);
        this.folder = folder;
    }

    /** @param options of {@code itests/lab/host up}; this class sets the folder and the leash */
    public static EmulatedHost start(String... options) {
        EmulatedHost host;
        try {
            host = new EmulatedHost(Files.createTempDirectory("us-host").resolve("host"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        requireBuilt();
        List<String> up = new ArrayList<>(
                List.of("up", "--leash", String.valueOf(ProcessHandle.current().pid())));
        up.addAll(List.of(options));
        up.add(host.folder.toString());
        Result started = script(START, NO_INPUT, "host", up);
        assertThat(started.status()).as(started.errors()).isZero();
        Built.started("emulated host");
        return host;
    }

    /** The build needs Debian packages, which not every machine can download; on CI it must succeed. */
    static void requireBuilt() {
        Result built = script(START, NO_INPUT, "build-host", List.of());
        if (built.status() != 0 && !"true".equals(System.getenv("CI"))) {
            System.err.println("SKIPPED: no emulated host: " + built.errors());
            Assumptions.assumeThat(built.status())
                    .as("the emulated host can be built")
                    .isZero();
        }
        assertThat(built.status()).as(built.errors()).isZero();
    }

    /** Of a host that was started with {@code --libvirt}, for clients outside of it. */
    public Path libvirtSocket() {
        return folder.resolve("libvirt-sock");
    }

    @Override
    public String pf() {
        return "enp1s0";
    }

    @Override
    String user() {
        return "tester";
    }

    @Override
    String scratch() {
        return "/tmp";
    }

    @Override
    String java() {
        return JAVA;
    }

    /** It was named by {@code --share}. */
    @Override
    Path here(Path shared) {
        return shared;
    }

    /** It has all programs and files of the tests. */
    @Override
    void needs(String... things) {}

    @Override
    public void close() {
        Result down = script(START, NO_INPUT, "host", List.of("down", folder.toString()));
        try {
            Files.delete(folder.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(down.errors(), e);
        }
        assertThat(down.status()).as(down.errors()).isZero();
    }
}
