// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.host;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.api.xml.MigrationMark;
import org.understudy.libvirt.connect.Libvirtd;

/** Two real libvirtds, and a VM that is migrated between them. */
abstract class TwoLibvirtds {
    static final Duration LIMIT = Duration.ofSeconds(120);
    static final VmName WEB = new VmName("web1");
    static final Alias PRIMARY = new Alias("ua-primary0");

    /** The tests share the daemons and the guest while it runs; each test migrates it from its present host. */
    @TempDir
    static Path directory;

    static Libvirtd daemonA;
    static Libvirtd daemonB;

    Host a;
    Host b;
    final List<HostEvent> fromA = new CopyOnWriteArrayList<>();
    final List<HostEvent> fromB = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        TestHosts.guest();
        daemonA = Libvirtd.start(directory.resolve("a"));
        daemonB = Libvirtd.start(directory.resolve("b"));
    }

    @AfterAll
    static void end() {
        for (Libvirtd daemon : new Libvirtd[] {daemonA, daemonB}) {
            if (daemon != null) {
                daemon.close();
            }
        }
    }

    @BeforeEach
    void open() {
        a = host("a", daemonA);
        b = host("b", daemonB);
        if (isRunning(b)) {
            close();
            Libvirtd before = daemonA;
            daemonA = daemonB;
            daemonB = before;
            a = host("a", daemonA);
            b = host("b", daemonB);
        }
        remove(b);
        a.subscribe(fromA::add);
        b.subscribe(fromB::add);
    }

    /** Boots a guest unless an earlier test has left one. */
    void ensureGuest() {
        if (!isRunning(a) || !hasPrimary()) {
            remove(a);
            run("");
        }
    }

    static boolean isRunning(Host host) {
        return host.find(WEB).map(HostedVm::state).equals(Optional.of(VmState.RUNNING));
    }

    /** A guest that an earlier test has migrated gets up to 20 s; one that has crashed must boot again. */
    boolean hasPrimary() {
        try {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> a.primaryPresence(WEB, PRIMARY) == PrimaryPresence.ENABLED);
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        }
    }

    static void remove(Host host) {
        if (host.find(WEB).filter(vm -> vm.state() != VmState.SHUTOFF).isPresent()) {
            host.destroy(WEB);
        }
        if (host.find(WEB).isPresent()) {
            host.undefine(WEB);
        }
    }

    void run(String options) {
        a.define(TestHosts.pair("web1", TestHosts.guest(), directory.resolve("serial"), options));
        a.start(WEB, Map.of());
        await().atMost(LIMIT).until(() -> a.primaryPresence(WEB, PRIMARY) == PrimaryPresence.ENABLED);
    }

    static Host host(String name, Libvirtd daemon) {
        return host(name, daemon.uri("qemu", "/system"));
    }

    static Host host(String name, String uri) {
        return TestHosts.open(
                new HostPolicy(new HostName(name), "libvirt", Map.of("uri", uri, "migration-uri", "tcp://127.0.0.1")));
    }

    @AfterEach
    void close() {
        for (Host host : new Host[] {a, b}) {
            if (host != null) {
                host.close();
            }
        }
    }

    IncomingRequest request() {
        return request("m-1");
    }

    IncomingRequest request(String migration) {
        return new IncomingRequest(
                new MigrationId(migration),
                WEB,
                marked(migration),
                a.definition(WEB),
                MigrationOptions.defaults(),
                Map.of());
    }

    OutgoingRequest outgoing(IncomingMigration in) {
        return outgoing(in, 0);
    }

    private String marked(String migration) {
        return MigrationMark.set(a.liveDefinition(WEB).orElseThrow(), new MigrationId(migration));
    }

    OutgoingRequest outgoing(IncomingMigration in, long bandwidth) {
        return outgoing("m-1", in, bandwidth);
    }

    OutgoingRequest outgoing(String migration, IncomingMigration in, long bandwidth) {
        return outgoing(migration, in, bandwidth, Optional.empty());
    }

    OutgoingRequest outgoing(String migration, IncomingMigration in, long bandwidth, Optional<Duration> downtimeLimit) {
        MigrationOptions usual = MigrationOptions.defaults();
        MigrationOptions options = new MigrationOptions(
                bandwidth == 0 ? OptionalLong.empty() : OptionalLong.of(bandwidth),
                downtimeLimit,
                false,
                usual.multifdChannels(),
                false,
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        return new OutgoingRequest(
                new MigrationId(migration), WEB, in.uri(), options, marked(migration), a.definition(WEB));
    }
}
