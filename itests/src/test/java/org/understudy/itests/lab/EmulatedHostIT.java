// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.understudy.itests.Built;

/** The properties of the emulated host that tests rely on, checked with tools of the kernel and Debian. */
@ExtendWith(SharedHost.class)
class EmulatedHostIT {
    private static final List<String> VFS = List.of(
            "0000:01:10.0",
            "0000:01:10.2",
            "0000:01:10.4",
            "0000:01:10.6",
            "0000:01:11.0",
            "0000:01:11.2",
            "0000:01:11.4");
    private static final String JAVA = System.getProperty("java.home");
    private static final String DEVICES = "/sys/bus/pci/devices/";

    private static EmulatedHost host;
    private static Path guest;

    @BeforeAll
    static void start(EmulatedHost shared) {
        guest = Built.guest();
        host = shared;
    }

    @Test
    void runHandsOnArgumentsOutputErrorsAndStatus() {
        SriovHost.Result result = host.run("sh", "-c", "echo \"$1\"; echo \"$2\" >&2; exit 7", "sh", "a  'b", "$c");
        assertThat(result).isEqualTo(new SriovHost.Result(7, "a  'b\n", "$c\n"));
    }

    @Test
    void physicalFunctionHasSevenVirtualFunctions() {
        assertThat(host.output("lspci", "-D", "-d", "8086:10ca"))
                .hasLineCount(7)
                .contains(VFS);
        String link = host.output("ip", "-d", "link", "show", "enp1s0");
        assertThat(link)
                .contains(IntStream.range(0, 7).mapToObj("vf %d "::formatted).toList());
        assertThat(host.output("cat", DEVICES + "0000:01:00.0/sriov_totalvfs")).isEqualTo("7");
    }

    @Test
    void eachFunctionIsAloneInItsIommuGroup() {
        for (String vf : VFS) {
            assertThat(host.output("ls", DEVICES + vf + "/iommu_group/devices")).isEqualTo(vf);
        }
        assertThat(host.output("cat", "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"))
                .as("the IOMMU remaps interrupts")
                .isEqualTo("N");
    }

    @Test
    void virtualFunctionGoesToVfioAndBack() {
        String vf = VFS.get(6);
        String group = host.iommuGroup(vf);
        String nic = host.output("ls", DEVICES + vf + "/net");
        bind(vf, "vfio-pci");
        assertThat(host.driver(vf)).isEqualTo("vfio-pci");
        assertThat(host.run("test", "-c", "/dev/vfio/" + group).status()).isZero();
        bind(vf, "");
        assertThat(host.driver(vf)).isEqualTo("igbvf");
        host.output("udevadm", "settle", "-t", "10");
        assertThat(host.output("ls", DEVICES + vf + "/net")).isEqualTo(nic);
    }

    @Test
    void guestInTheHostPairsVirtioWithVirtualFunction() {
        SriovHost.Result result =
                host.runScript(Built.lab("nested-pair"), guest.toString(), host.pf(), host.user(), "150");
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.output()).contains("path=primary").contains("igbvf,up,1");
        assertThat(host.driver(VFS.get(0))).isEqualTo("igbvf");
    }

    @Test
    void javaOfThisMachineRunsInTheHost() {
        assertThat(host.run(JAVA + "/bin/java", "-version").errors())
                .contains('"' + System.getProperty("java.version") + '"');
    }

    @Test
    void libvirtMakesPoolOfVirtualFunctions() throws IOException {
        String pool =
                "<network><name>pool</name><forward mode='hostdev' managed='yes'><pf dev='enp1s0'/></forward></network>";
        host.output("sh", "-ec", "echo \"$1\" >/tmp/pool.xml; virsh net-create /tmp/pool.xml", "sh", pool);
        assertThat(host.output("virsh", "net-dumpxml", "pool").split("<address type='pci'"))
                .hasSize(1 + VFS.size());
        assertThat(host.output("virsh", "nodedev-dumpxml", "pci_0000_01_10_0")).contains("phys_function");
        host.output("sh", "-ec", "virsh net-destroy pool; rm /tmp/pool.xml");
        assertThat(Files.getAttribute(host.libvirtSocket(), "unix:mode"))
                .as("the same libvirt, outside")
                .isNotNull();
    }

    @Test
    void hostEndsWithItsOwner() throws IOException {
        Process owner = new ProcessBuilder("sleep", "1000").start();
        try (EmulatedHost second = EmulatedHost.start("--vfs", "0", "--leash", String.valueOf(owner.pid()))) {
            assertThat(second.output("cat", DEVICES + "0000:01:00.0/sriov_numvfs"))
                    .isEqualTo("0");
            owner.destroy();
            Awaitility.await().until(() -> Files.notExists(second.sshConfig().getParent()));
        }
    }

    private static void bind(String vf, String driver) {
        String script = """
                echo "$2" >"$1/driver_override"
                echo "${1##*/}" >"$1/driver/unbind"
                echo "${1##*/}" >/sys/bus/pci/drivers_probe
                """;
        host.output("sh", "-ec", script, "sh", DEVICES + vf, driver);
    }
}
