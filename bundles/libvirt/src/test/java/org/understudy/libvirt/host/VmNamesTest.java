// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.libvirt.connect.Libvirtd;

/** The names that libvirt allows, on its test driver and on a real daemon. */
final class VmNamesTest {
    static Stream<String> names() {
        return Stream.of(
                "web server 1",
                " blank ",
                "a:b",
                "it's",
                "\"web\"",
                "-rf",
                ".hidden",
                "100%",
                "%2e%2e",
                "a+b",
                "a\\b",
                "a,b=c",
                "$(reboot);`reboot`",
                "b\u00FCro",
                "\u5317\u4EAC",
                "\uD83D\uDC68\u200D\uD83D\uDC69",
                "\u202Egnp.exe",
                "\u05D0\u05D1",
                "tab\there",
                "next\u0085line",
                "\u00E4".repeat(100),
                "6f1c7f8e-4d1b-4b0c-9a52-3f5f1f3c0a01");
    }

    private static String escaped(String name) {
        return name.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("\t", "&#9;")
                .replace("\r", "&#13;");
    }

    @ParameterizedTest
    @MethodSource("names")
    void listsFindsAndControlsAVmOfAnyName(String text) {
        VmName name = new VmName(text);
        List<HostEvent> events = new CopyOnWriteArrayList<>();
        try (Host host = TestHosts.open()) {
            host.subscribe(events::add);
            HostedVm defined = host.define(TestHosts.definition(escaped(text)));
            try {
                assertThat(defined.name()).isEqualTo(name);
                assertThat(host.vms()).contains(defined);
                assertThat(host.find(name)).contains(defined);
                assertThat(host.findByUuid(defined.uuid())).contains(defined);

                host.start(name, Map.of());
                assertThat(host.find(name).orElseThrow().state()).isEqualTo(VmState.RUNNING);
                await().until(() ->
                        events.stream().anyMatch(e -> e instanceof HostEvent.Started && e.vm().equals(name)));
                host.destroy(name);
            } finally {
                host.undefine(name);
            }
            assertThat(host.find(name)).isEmpty();
            assertThat(host.findByUuid(defined.uuid())).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a/b"})
    void libvirtRefusesOnlyALineFeedAndASlash(String name) {
        try (Host host = TestHosts.open()) {
            assertThatThrownBy(() -> host.define(TestHosts.definition(name))).isInstanceOf(UnderstudyException.class);
        }
    }

    @Test
    void runsVmsOfSuchNamesOnARealDaemon(@TempDir Path directory) throws IOException {
        try (Libvirtd daemon = Libvirtd.start(directory);
                Host host = TestHosts.open(TestHosts.policy(Map.of("uri", daemon.uri("qemu", "/system"))))) {
            for (String text : List.of("web server: b\u00FCro, \uD83D\uDE00 $(x)", "\u00E4".repeat(100), "tab\there")) {
                VmName name = host.define(TestHosts.qemu(escaped(text))).name();
                assertThat(name.value()).isEqualTo(text);
                host.start(name, Map.of());
                try {
                    assertThat(host.vms()).anyMatch(vm -> vm.name().equals(name) && vm.state() == VmState.RUNNING);
                } finally {
                    host.destroy(name);
                    host.undefine(name);
                }
            }
        }
    }

    /** As a service of systemd runs, without a locale. */
    @Test
    void keepsANameInTheLocaleC() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dfile.encoding=US-ASCII",
                        "-Dsun.jnu.encoding=US-ASCII",
                        "-cp",
                        System.getProperty("java.class.path"),
                        InLocaleC.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(new File("target/locale-c.log")))
                .start();

        assertThat(process.waitFor()).as("see target/locale-c.log").isZero();
    }

    /** Exits with 0 if a name survives. */
    static final class InLocaleC {
        private InLocaleC() {}

        public static void main(String[] arguments) {
            VmName name = new VmName("b\u00FCro \uD83D\uDE00");
            try (Host host = TestHosts.open()) {
                HostedVm defined = host.define(TestHosts.definition(name.value()));
                boolean kept = defined.name().equals(name)
                        && host.vms().contains(defined)
                        && host.definition(name).contains(name.value());
                System.exit(kept ? 0 : 1);
            }
        }
    }
}
