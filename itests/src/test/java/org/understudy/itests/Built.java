// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Assumptions;

/** The files that the build creates. */
public final class Built {
    /** Options of each test guest, for an emulated CPU: a short boot, and few wakeups; a later interval counts. */
    public static final String GUEST_OPTIONS =
            "console=ttyS0 quiet mitigations=off no_timer_check cryptomgr.notests understudy.interval=100";

    private static final Path ROOT =
            Path.of(System.getProperty("understudy.root", ".")).toAbsolutePath().normalize();
    private static final String VERSION = System.getProperty("understudy.version");

    private Built() {}

    /** The option {@code user} of hosts on this machine. Tests that run as root add no user to it. */
    public static String qemuUser() {
        String self = System.getProperty("user.name");
        return self.equals("root") ? "nobody" : self;
    }

    /** The jars of all bundles. */
    public static List<Path> bundles() {
        try (Stream<Path> folders = Files.list(ROOT.resolve("bundles"))) {
            return folders.filter(folder -> Files.exists(folder.resolve("pom.xml")))
                    .map(folder ->
                            folder.resolve("target/org.understudy.%s-%s.jar".formatted(folder.getFileName(), VERSION)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The bundle of the example management server. */
    public static Path exampleManager() {
        return ROOT.resolve("itests/manager/target/org.understudy.itests.manager-%s.jar".formatted(VERSION));
    }

    /** The bundle that managers compile against. */
    public static Path api() {
        return ROOT.resolve("bundles/api/target/org.understudy.api-%s.jar".formatted(VERSION));
    }

    /** A page of the documentation. */
    public static Path docs(String name) {
        return ROOT.resolve("docs").resolve(name);
    }

    /** The script {@code understudy} of the checkout. */
    public static Path script() {
        return ROOT.resolve("understudy");
    }

    /** The browser tests of the console, as the build of the bundle web made them. */
    public static Path consoleTests() {
        return ROOT.resolve("bundles/web/target/console.tests");
    }

    /** A page of the documentation. */
    public static Path documentation(String name) {
        return ROOT.resolve("docs").resolve(name);
    }

    /** The hooks for managers, as they are copied to a host. */
    public static Path hooks() {
        return ROOT.resolve("hooks");
    }

    /** A script of the emulated host. */
    public static Path lab(String name) {
        return ROOT.resolve("itests/lab").resolve(name);
    }

    /** A file of the native code. */
    public static Path nativeSource(String name) {
        return ROOT.resolve("native").resolve(name);
    }

    /** The command {@code understudy-vf}, built now if it is older than its sources. */
    public static Path vfCommand() {
        Path folder = target().resolve("native");
        Path command = folder.resolve("understudy-vf");
        String sources = nativeSource("").toString();
        try {
            // Any lane may run first.
            Process make = new ProcessBuilder(
                            "flock", sources, "make", "-s", "-C", sources, "BUILD=" + folder, command.toString())
                    .inheritIO()
                    .start();
            assertThat(make.waitFor()).as("make builds understudy-vf").isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return command;
    }

    /** The JNI library of the bundle hostnic. */
    public static Path nativeLibrary() {
        return ROOT.resolve("bundles/hostnic/target/jni/native/linux-x86_64/libusvfjni.so");
    }

    /** Counts starts of slow resources for the summary of the run. */
    public static void started(String what) {
        try {
            Files.writeString(
                    target().resolve("started"), what + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The build folder of this module. */
    public static Path target() {
        return ROOT.resolve("itests/target");
    }

    public static Path distribution() {
        return ROOT.resolve("features/distribution/target/understudy-karaf-" + VERSION + ".tar.gz");
    }

    public static Path kar() {
        return ROOT.resolve("features/kar/target/understudy-features-" + VERSION + ".kar");
    }

    /** The unmodified distribution of Karaf. */
    public static Path stockKaraf() {
        return target().resolve("apache-karaf.tar.gz");
    }

    /** The test guest; on CI it must be there. */
    public static Path guest() {
        String built = System.getenv("UNDERSTUDY_GUEST");
        boolean there = built != null && Files.exists(Path.of(built, "initrd.img"));
        if (!there && !"true".equals(System.getenv("CI"))) {
            System.err.println(
                    "SKIPPED: no test guest; run ./understudy test, or build-guest and set UNDERSTUDY_GUEST");
        }
        if (!"true".equals(System.getenv("CI"))) {
            Assumptions.assumeThat(there)
                    .as("UNDERSTUDY_GUEST names a built test guest")
                    .isTrue();
        }
        assertThat(there).as("UNDERSTUDY_GUEST names a built test guest").isTrue();
        return Path.of(built).toAbsolutePath();
    }
}
