// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.Assumptions;
import org.understudy.itests.Built;

/** Two libvirt hosts on this machine, {@code alpha} and {@code beta}. They end with {@link #close} or with this JVM. */
public final class LibvirtHosts implements AutoCloseable {
    /** The Debian of the emulated host. */
    public static final String USUAL = "trixie";

    /** The exit status of {@code build-host} if the mirror no longer has a suite. */
    private static final int ABSENT = 4;

    private final Path folder;

    private LibvirtHosts(Path folder) {
        this.folder = folder;
    }

    public static LibvirtHosts start(Path... shared) {
        return start(USUAL, shared);
    }

    /**
     * Needs root; skipped for other users, but never on CI. An unusual suite is skipped on CI too if the mirror does not
     * have it.
     */
    public static LibvirtHosts start(String suite, Path... shared) {
        boolean possible = "root".equals(System.getProperty("user.name")) || "true".equals(System.getenv("CI"));
        if (!possible) {
            System.err.println("SKIPPED: two libvirt hosts on one machine need root");
        }
        Assumptions.assumeThat(possible).as("this is root").isTrue();
        boolean usual = suite.equals(USUAL);
        if (usual) {
            EmulatedHost.requireBuilt();
        } else {
            requireRoot(suite);
        }
        LibvirtHosts hosts;
        try {
            hosts = new LibvirtHosts(Files.createTempDirectory("us-hosts").resolve("hosts"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> options = new ArrayList<>(
                List.of("--leash", String.valueOf(ProcessHandle.current().pid())));
        if (!usual) {
            Collections.addAll(options, "--suite", suite);
        }
        for (Path path : shared) {
            Collections.addAll(options, "--share", path.toString());
        }
        options.add(hosts.folder.toString());
        hosts.script("up", options);
        Built.started("two libvirt hosts");
        return hosts;
    }

    private static void requireRoot(String suite) {
        SriovHost.Result built =
                SriovHost.script(EmulatedHost.START, SriovHost.NO_INPUT, "build-host", List.of("--root", suite));
        if (built.status() == ABSENT) {
            System.err.println("SKIPPED: no libvirt of Debian " + suite + ": " + built.errors());
        }
        Assumptions.assumeThat(built.status())
                .as("the mirror has Debian " + suite)
                .isNotEqualTo(ABSENT);
        assertThat(built.status()).as(built.errors()).isZero();
    }

    /** The URI for clients on this machine. */
    public String uri(String host) {
        return "qemu+unix:///system?socket=" + file(host, "libvirt/libvirt-sock");
    }

    /** A file below a host's {@code /run}. */
    public Path file(String host, String path) {
        return folder.resolve(host).resolve("run").resolve(path);
    }

    /** What a command prints, without the last line's end; it must succeed. The place is a host or the {@code wire}. */
    public String output(String place, String... command) {
        List<String> arguments = new ArrayList<>(List.of(folder.toString(), place));
        Collections.addAll(arguments, command);
        return script("run", arguments).stripTrailing();
    }

    @Override
    public void close() {
        script("down", List.of(folder.toString()));
        try {
            Files.delete(folder.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String script(String verb, List<String> arguments) {
        List<String> call = new ArrayList<>(List.of(verb));
        call.addAll(arguments);
        SriovHost.Result result = SriovHost.script(EmulatedHost.START, SriovHost.NO_INPUT, "daemons", call);
        assertThat(result.status()).as("%s: %s", call, result).isZero();
        return result.output();
    }
}
