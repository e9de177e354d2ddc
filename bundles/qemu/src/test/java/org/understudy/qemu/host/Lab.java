// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.qemu.process.Sandbox;

/** Hosts on this machine with real QEMU processes, and their cleanup. */
final class Lab implements AutoCloseable {
    /** The cache of the QEMU probes, shared by all tests. */
    private static final Path PROBES = Path.of("target", "probes").toAbsolutePath();

    /** Tests that run as root start QEMU as another user, and add none to this machine. */
    static final String USER = Sandbox.isRoot() ? "nobody" : System.getProperty("user.name");

    private static final QemuConnector CONNECTOR = new QemuConnector(PROBES);

    private final Path root;
    private final List<Host> open = new ArrayList<>();

    Lab() throws IOException {
        root = Files.createTempDirectory("us");
        assertThat(root.toFile().setExecutable(true, false)).isTrue();
    }

    /** Skips the test if a requirement is missing; fails it on CI. */
    static void require(boolean present, String what) {
        if ("true".equals(System.getenv("CI"))) {
            assertThat(present).as(what).isTrue();
        }
        assumeTrue(present, what + " is missing: this test did NOT run");
    }

    /** The folder of the test guest. */
    static Path guest() {
        String folder = System.getProperty("understudy.guest", System.getenv().getOrDefault("UNDERSTUDY_GUEST", ""));
        require(!folder.isEmpty() && Files.exists(Path.of(folder, "vmlinux")), "the test guest (UNDERSTUDY_GUEST)");
        return Path.of(folder);
    }

    Path root() {
        return root;
    }

    Host host(String name, Map<String, String> options) {
        Map<String, String> all =
                new LinkedHashMap<>(Map.of("directory", root.resolve(name).toString(), "accelerator", "tcg"));
        all.put("user", USER);
        all.putAll(options);
        Host host = CONNECTOR.open(new HostPolicy(new HostName(name), "qemu", all));
        open.add(host);
        return host;
    }

    Host host(String name) {
        return host(name, Map.of());
    }

    /** Closes a host like a server that stops; its VMs continue to run. */
    void close(Host host) {
        open.remove(host);
        host.close();
    }

    static List<HostEvent> record(Host host) {
        List<HostEvent> events = new CopyOnWriteArrayList<>();
        host.subscribe(events::add);
        return events;
    }

    static ConditionFactory await(String what) {
        return Awaitility.await(what).atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
    }

    @Override
    public void close() {
        for (Host host : open) {
            for (var vm : host.vms()) {
                end(host, vm.name());
            }
            host.close();
        }
        delete();
    }

    private void delete() {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void end(Host host, VmName vm) {
        host.incoming(vm).ifPresent(i -> i.abort());
        if (host.find(vm).isPresent() && host.liveDefinition(vm).isPresent()) {
            host.destroy(vm);
        }
    }
}
