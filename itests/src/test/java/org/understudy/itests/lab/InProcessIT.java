// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;

/** The JNI library on a real kernel, in a JVM inside the host that checks every native call. */
@Tag(SriovHost.TAG)
@ExtendWith(SharedHost.class)
class InProcessIT {
    private static final int INDEX = 2;

    private static SriovHost host;
    private static String folder;

    @BeforeAll
    static void start(SriovHost shared) {
        host = shared;
        folder = host.scratch() + "/in-process";
        host.output("mkdir", "-p", folder + "/classes");
        host.copyIn(Built.target().resolve("test-classes/org"), folder + "/classes/");
        host.copyIn(Built.nativeLibrary(), folder + "/");
        host.copyIn(libraries().toList(), folder + "/");
    }

    @AfterAll
    static void end() {
        if (host != null) {
            host.output("rm", "-rf", folder);
        }
    }

    private static Stream<Path> libraries() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.matches(".*/(org\\.understudy\\.(api|hostnic)|jackson-|slf4j-)[^/]*\\.jar"))
                .map(Path::of);
    }

    private static String run(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                host.java() + "/bin/java",
                "-Xcheck:jni",
                "-XX:TieredStopAtLevel=1",
                "-Djava.library.path=" + folder,
                "-Dqemu.user=" + host.user(),
                "-cp",
                folder + "/classes:" + folder + "/*",
                InProcess.class.getName()));
        command.addAll(List.of(arguments));
        String output = host.output(command.toArray(String[]::new));
        assertThat(output).doesNotContain("WARNING in native method", "FATAL ERROR");
        return output;
    }

    @Test
    void configuresAVfForAPairAndRestoresItExactly() {
        String vf = host.vf(INDEX);
        String linkBefore = host.link();
        String driversBefore = host.drivers();

        String prepared = run("prepare", vf, "52:54:00:11:22:55", "7");

        assertThat(prepared).contains("watched true");
        assertThat(host.link().lines().filter(line -> line.contains("52:54:00:11:22:55")))
                .singleElement()
                .asString()
                .contains("vf " + INDEX + " ", "vlan 7", "trust on", "spoof checking off");
        assertThat(host.output("lspci", "-D", "-k", "-s", vf)).contains("Kernel driver in use: vfio-pci");
        assertThat(host.output("stat", "-c", "%U", "/dev/vfio/" + host.iommuGroup(vf)))
                .isEqualTo(host.user());
        assertThat(run("read", vf))
                .contains(
                        "state=LEASED", "vlan=OptionalInt[7]", "driver=Optional[vfio-pci]", "vm=web1, primary=ua-vf0");

        String fencing = prepared.replaceFirst("(?s).*fencing (\\d+).*", "$1");
        run("release", vf, fencing);

        host.output("udevadm", "settle", "-t", "10");
        assertThat(host.link()).isEqualTo(linkBefore);
        assertThat(host.drivers()).isEqualTo(driversBefore);
        assertThat(run("read", vf)).contains("state=FREE", "holder=Optional.empty");
    }
}
