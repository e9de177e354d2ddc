// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.osgi.framework.BundleContext;
import org.understudy.api.Alias;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.PairHealth;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.ProbeTarget;
import org.understudy.api.StepState;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.config.YamlPolicies;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.inventory.VmReadings;
import org.understudy.core.lifecycle.VirtualMachineService;
import org.understudy.core.migration.MigrationComponent;
import org.understudy.core.pair.PairService;
import org.understudy.core.probe.Probes;
import org.understudy.core.vf.VfLeaseController;
import org.understudy.itests.Built;
import org.understudy.qemu.host.QemuConnector;

/** Two hosts on this machine, and the services of Understudy for them. */
final class Lab implements AutoCloseable {
    static final HostName ALPHA = new HostName("alpha");
    static final HostName BETA = new HostName("beta");

    /** Long enough for a guest under emulation on a busy machine. */
    static final Duration BOOT = Duration.ofSeconds(90);

    final Path folder;
    final Path guest;
    final HostRegistry hosts;
    final VirtualMachineService vms;
    final PairService pairs;
    final MigrationComponent migrations;
    private final YamlPolicies policies;
    private final VmReadings readings;
    private final InventoryService inventory;
    private final PairHealthTracker health;
    private final VfLeaseController vfs;
    private final AtomicReference<UnaryOperator<String>> sabotage = new AtomicReference<>(UnaryOperator.identity());

    Lab() throws IOException {
        this("", Duration.ofSeconds(8));
    }

    /**
     * @param qemuOptions additional arguments of every QEMU of this lab; may be empty, and may name files in
     *     the folder {@code open} beside the program
     * @param unplug how long a guest may take to release its primary
     */
    Lab(String qemuOptions, Duration unplug) throws IOException {
        guest = Built.guest();
        folder = Files.createTempDirectory("us-lab");
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
        System.setProperty("karaf.etc", folder.toString());
        Files.writeString(folder.resolve("understudy.yaml"), configuration(qemu(qemuOptions), unplug));
        policies = new YamlPolicies();
        assertThat(policies.findings()).isEmpty();
        hosts = new HostRegistry(policies);
        hosts.addConnector(connector());
        Awaitility.await("both hosts are open").until(() -> hosts.all().size() == 2);
        VmLocator locator = new VmLocator(hosts);
        readings = new VmReadings(hosts);
        inventory = new InventoryService(hosts, readings, policies);
        health = new PairHealthTracker(hosts, readings, inventory);
        migrations = new MigrationComponent(bundle(), hosts, locator, inventory, policies, new Probes());
        vfs = new VfLeaseController(hosts, migrations, policies);
        vms = new VirtualMachineService(hosts, inventory, locator, policies, health, migrations, vfs, new NicFacts());
        pairs = new PairService(locator, hosts, inventory, policies, migrations, health, new NicFacts(), vfs);
    }

    private Path qemu(String options) throws IOException {
        // QEMU runs as another user when the tests run as root.
        Files.setPosixFilePermissions(
                Files.createDirectory(folder.resolve("open")), PosixFilePermissions.fromString("rwxrwxrwx"));
        Path program = folder.resolve("qemu");
        Files.writeString(program, "#!/bin/sh\nexec qemu-system-x86_64 \"$@\" " + options + "\n");
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private String configuration(Path qemu, Duration unplug) {
        return """
                hosts:
                  - {name: alpha, connector: qemu, directory: %1$s/alpha, binary: %2$s, accelerator: tcg, user: %4$s}
                  - {name: beta, connector: qemu, directory: %1$s/beta, binary: %2$s, accelerator: tcg, user: %4$s}
                pools:
                  - {name: stand-in, kind: emulated, model: e1000e}
                allow-emulated-primary: true
                migration:
                  settle: 200ms
                  deadlines: {unplug: %3$ds, plug: 45s, copy: 60s, cancel: 45s}
                """.formatted(folder, qemu, unplug.toSeconds(), Built.qemuUser());
    }

    /** The connector for QEMU, except that a test can change the definition that the destination starts. */
    private HostConnector connector() {
        QemuConnector qemu = new QemuConnector(folder);
        return new HostConnector() {
            @Override
            public String kind() {
                return qemu.kind();
            }

            @Override
            public Host open(HostPolicy policy) {
                return sabotaged(qemu.open(policy));
            }
        };
    }

    private Host sabotaged(Host host) {
        return (Host) Proxy.newProxyInstance(
                Host.class.getClassLoader(), new Class<?>[] {Host.class}, (p, method, args) -> {
                    try {
                        if (method.getName().equals("prepareIncoming")) {
                            IncomingRequest r = (IncomingRequest) args[0];
                            return host.prepareIncoming(new IncomingRequest(
                                    r.id(),
                                    r.vm(),
                                    sabotage.get().apply(r.liveDefinition()),
                                    r.configuredDefinition(),
                                    r.options(),
                                    r.assignedVfs()));
                        }
                        return method.invoke(host, args);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** The migration service uses its bundle only for the folder of its journal. */
    private BundleContext bundle() {
        return (BundleContext) Proxy.newProxyInstance(
                BundleContext.class.getClassLoader(),
                new Class<?>[] {BundleContext.class},
                (proxy, method, arguments) -> method.getName().equals("getProperty") ? folder.toString() : null);
    }

    void sabotageDestination(UnaryOperator<String> change) {
        sabotage.set(change);
    }

    /** A definition with the given standby and primary. */
    String domain(VmName vm, String machine, String commandLine, String nics) throws IOException {
        Path serial = folder.resolve(vm + ".serial");
        Files.writeString(serial, "");
        Files.setPosixFilePermissions(serial, PosixFilePermissions.fromString("rw-rw-rw-"));
        return """
                <domain type='qemu'>
                  <name>%s</name>
                  <memory unit='KiB'>163848</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='%s'>hvm</type>
                    <kernel>%s/vmlinux</kernel>
                    <initrd>%s/initrd.img</initrd>
                    <cmdline>%s %s</cmdline>
                  </os>
                  <features><acpi/></features>
                  <cpu mode='maximum'/>
                  <devices>
                %s    <serial type='file'><source path='%s' append='on'/><target port='0'/></serial>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(vm, machine, guest, guest, Built.GUEST_OPTIONS, commandLine, nics, serial);
    }

    String serial(VmName vm) {
        try {
            return Files.readString(folder.resolve(vm + ".serial"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last report of the guest about its NICs. */
    String lastState(VmName vm) {
        return serial(vm).lines().filter(l -> l.contains(" state ")).reduce("", (before, last) -> last);
    }

    void awaitGuest(VmName vm, String what, Predicate<String> state) {
        Awaitility.await(what).atMost(BOOT).pollInterval(Duration.ofMillis(200)).until(() -> state.test(lastState(vm)));
    }

    void awaitReady(VmName vm) {
        Awaitility.await("the guest " + vm + " is up")
                .atMost(BOOT)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> serial(vm).contains("UNDERSTUDY-GUEST ready"));
    }

    void awaitHealth(VmName vm, PairHealth wanted) {
        Awaitility.await()
                .atMost(BOOT)
                .pollInterval(Duration.ofMillis(200))
                .untilAsserted(() -> assertThat(vms.show(vm).pairs())
                        .isNotEmpty()
                        .allSatisfy(
                                pair -> assertThat(pair.health()).as("%s", pair).isEqualTo(wanted)));
    }

    /** Starts a VM; returns when the guest uses its primary. */
    void startActive(VmName vm) {
        vms.start(vm);
        awaitActive(vm);
    }

    void awaitActive(VmName vm) {
        awaitHealth(vm, PairHealth.ACTIVE);
        awaitGuest(vm, "the primary is up", s -> s.contains(",e1000e,up"));
    }

    /** Starts a migration to beta in which a test can act while memory is copied. */
    Migration startSlowly(VmName vm) {
        awaitSettled(vm, BETA);
        Migration started = migrations.start(vm, BETA, slow());
        awaitStep(started, MigrationStep.COPY);
        return started;
    }

    /** Waits until the guard has no finding that disappears with time. */
    void awaitSettled(VmName vm, HostName destination) {
        Awaitility.await("the guest has settled")
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> migrations.preflight(vm, destination, MigrationOptions.defaults()).stream()
                        .noneMatch(f -> f.code() == FindingCode.SETTLING));
    }

    PrimaryPresence presence(HostName host, VmName vm, String primary) {
        return hosts.host(host).primaryPresence(vm, new Alias(primary));
    }

    VmState state(HostName host, VmName vm) {
        return hosts.host(host).find(vm).map(HostedVm::state).orElse(VmState.UNKNOWN);
    }

    /** The VM is on this host and on no other. */
    void assertOnlyOn(HostName host, VmName vm, VmState state) {
        HostName other = host.equals(ALPHA) ? BETA : ALPHA;
        assertThat(state(host, vm)).as("%s on %s", vm, host).isEqualTo(state);
        assertThat(hosts.host(other).find(vm)).as("%s on %s", vm, other).isEmpty();
        assertThat(vms.show(vm).host()).isEqualTo(host);
    }

    Migration migrate(VmName vm, HostName destination, MigrationOptions options) {
        awaitSettled(vm, destination);
        Migration started = migrations.start(vm, destination, options);
        return end(started);
    }

    Migration end(Migration started) {
        Migration ended = migrations.await(started.id(), Duration.ofSeconds(120));
        assertThat(ended.outcome()).as("the migration ended: %s", ended).isPresent();
        return ended;
    }

    void awaitStep(Migration migration, MigrationStep step) {
        Awaitility.await(step + " runs")
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    Migration now = migrations.show(migration.id());
                    assertThat(now.outcome())
                            .as("%s has not ended before %s", now, step)
                            .isEmpty();
                    return now.steps().get(step.ordinal()).state() == StepState.RUNNING;
                });
    }

    /** Ends the QEMU of a VM on a host as a crash would. */
    void kill(HostName host, VmName vm) throws IOException {
        ProcessHandle.of(Long.parseLong(qemu(host, vm))).orElseThrow().destroyForcibly();
    }

    private String qemu(HostName host, VmName vm) throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve(host.value()))) {
            Path pid = files.filter(f -> f.getFileName().toString().equals("qemu.pid"))
                    .filter(f -> f.toString().contains(vm.value()))
                    .findFirst()
                    .orElseThrow();
            return Files.readString(pid).strip();
        }
    }

    /** Waits until the guest on alpha hangs. It spins then, so other tests get the CPU first. */
    void awaitHang(VmName vm) throws IOException, InterruptedException {
        Awaitility.await("the guest hangs").atMost(BOOT).until(() -> serial(vm).contains("UNDERSTUDY-GUEST hangs"));
        try (Stream<Path> threads = Files.list(Path.of("/proc", qemu(ALPHA, vm), "task"))) {
            for (Path thread : threads.toList()) {
                if (Files.readString(thread.resolve("comm")).startsWith("CPU ")) {
                    String id = thread.getFileName().toString();
                    Process renice = new ProcessBuilder("renice", "-n", "19", "-p", id).start();
                    assertThat(renice.waitFor()).isZero();
                }
            }
        }
    }

    /** A free UDP port of the loopback address. */
    static int freePort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    static MigrationOptions probed(int port) {
        return MigrationOptions.defaults().withProbe(new ProbeTarget.Heartbeat("127.0.0.1", port, 1));
    }

    private static MigrationOptions slow() {
        MigrationOptions d = MigrationOptions.defaults();
        return new MigrationOptions(
                OptionalLong.of(2_000_000),
                d.downtimeLimit(),
                false,
                d.multifdChannels(),
                false,
                false,
                d.requireVf(),
                d.strategy(),
                d.probe());
    }

    /** Ends and forgets every VM. */
    void clear() {
        sabotage.set(UnaryOperator.identity());
        for (Migration migration : migrations.list()) {
            if (migration.isRunning()) {
                migrations.cancel(migration.id());
                migrations.await(migration.id(), Duration.ofSeconds(60));
            }
        }
        for (HostName name : List.of(ALPHA, BETA)) {
            Host host = hosts.host(name);
            host.vms().forEach(vm -> {
                if (vm.state() != VmState.SHUTOFF) {
                    host.destroy(vm.name());
                }
                host.undefine(vm.name());
            });
        }
    }

    @Override
    public void close() throws IOException {
        clear();
        vfs.close();
        migrations.close();
        health.close();
        inventory.close();
        readings.close();
        hosts.close();
        policies.close();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
