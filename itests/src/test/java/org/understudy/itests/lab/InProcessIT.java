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
import org.junit.jupiter.api.Test;
import org.understudy.itests.Built;

/** The JNI library on a real kernel, in a JVM inside the emulated host that checks every native call. */
class InProcessIT {
    private static final String JAVA = System.getProperty("java.home");
    private static final String FOLDER = "/tmp/in-process";
    private static final String VF = "0000:01:10.4";

    private static EmulatedHost host;

    @BeforeAll
    static void start() {
        host = EmulatedHost.start("--java", JAVA);
        host.output("mkdir", "-p", FOLDER + "/classes");
        host.copyIn(Built.target().resolve("test-classes/org"), FOLDER + "/classes/");
        host.copyIn(Built.nativeLibrary(), FOLDER + "/");
        libraries().forEach(jar -> host.copyIn(jar, FOLDER + "/"));
    }

    @AfterAll
    static void end() {
        if (host != null) {
            host.close();
        }
    }

    private static Stream<Path> libraries() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.matches(".*/(org\\.understudy\\.(api|hostnic)|jackson-|slf4j-)[^/]*\\.jar"))
                .map(Path::of);
    }

    private static String run(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                JAVA + "/bin/java",
                "-Xcheck:jni",
                "-XX:TieredStopAtLevel=1",
                "-Djava.library.path=" + FOLDER,
                "-cp",
                FOLDER + "/classes:" + FOLDER + "/*",
                InProcess.class.getName()));
        command.addAll(List.of(arguments));
        String output = host.output(command.toArray(String[]::new));
        assertThat(output).doesNotContain("WARNING in native method", "FATAL ERROR");
        return output;
    }

    private static String link() {
        return host.output("ip", "-d", "link", "show", "enp1s0");
    }

    private static String drivers() {
        return host.output("lspci", "-D", "-k", "-d", "8086:10ca");
    }

    @Test
    void makesAVfWhatAPairNeedsAndThenExactlyWhatItWas() {
        String linkBefore = link();
        String driversBefore = drivers();

        String prepared = run("prepare", VF, "52:54:00:11:22:55", "7");

        assertThat(prepared).contains("watched true");
        assertThat(link().lines().filter(line -> line.contains("52:54:00:11:22:55")))
                .singleElement()
                .asString()
                .contains("vf 2 ", "vlan 7", "trust on", "spoof checking off");
        assertThat(host.output("lspci", "-D", "-k", "-s", VF)).contains("Kernel driver in use: vfio-pci");
        String group = host.output("readlink", "/sys/bus/pci/devices/" + VF + "/iommu_group")
                .replaceAll(".*/", "");
        assertThat(host.output("stat", "-c", "%U", "/dev/vfio/" + group)).isEqualTo("tester");
        assertThat(run("read", VF))
                .contains(
                        "state=LEASED", "vlan=OptionalInt[7]", "driver=Optional[vfio-pci]", "vm=web1, primary=ua-vf0");

        String fencing = prepared.replaceFirst("(?s).*fencing (\\d+).*", "$1");
        run("release", VF, fencing);

        host.output("udevadm", "settle", "-t", "10");
        assertThat(link()).isEqualTo(linkBefore);
        assertThat(drivers()).isEqualTo(driversBefore);
        assertThat(run("read", VF)).contains("state=FREE", "holder=Optional.empty");
    }
}
