// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStep;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.NetworkGap;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.ProbeTarget;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfSelector;
import org.understudy.api.VmAddress;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.api.spi.VfSettings;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.testing.VirtualTimeScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.UnpairedDevice;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.migration.context.Definitions;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.MigrationTimings;
import org.understudy.core.migration.context.UnplugGuard;
import org.understudy.core.probe.GapProbe;
import org.understudy.core.probe.GapProbes;
import org.understudy.core.testing.ExternalProgram;
import org.understudy.core.testing.FakeHost;

/** Two fake hosts, a VM with a pair, and a migration service between them, with short times. */
public final class MigrationBench implements AutoCloseable {
    public static final VmName VM = new VmName("web1");
    public static final HostName B = new HostName("b");
    public static final Alias PRIMARY = new Alias("ua-vf0");
    static final Alias SECOND = new Alias("ua-vf1");
    static final PoolName POOL = new PoolName("fast");
    private static final String MARK = " in migration ";
    public static final String DEFINITION = "<domain><os><type machine='pc-q35-7.2'>hvm</type></os></domain>";

    final VirtualTimeScheduler time = new VirtualTimeScheduler();
    private final ExecutorService threads = time.blockingPool("understudy-migration");
    public final FakeHost a = host("a");
    public final FakeHost b = host("b");
    /** Further hosts, listed before the two. */
    public final List<Host> others = new ArrayList<>();

    final List<PairView> pairs = new ArrayList<>(List.of(pair(PRIMARY, PrimaryKind.EMULATED)));
    /** What was done, on both hosts and to the pools, in one order. */
    final List<String> calls = new CopyOnWriteArrayList<>();

    final FakePools pools = new FakePools(calls);
    final List<Finding> lint = new ArrayList<>();
    /** Host and work of each hold that has not ended. */
    public final List<String> held = new CopyOnWriteArrayList<>();
    /** Called when a host is about to be held. */
    public volatile Consumer<Host> onHold = host -> {};
    /** Called when a VM of a host is read for the lists of the server. */
    volatile BiConsumer<HostName, VmName> onRefresh = (host, vm) -> {};
    /** The VF networks of each search for unpaired devices. */
    final List<Set<String>> vfNetworks = new CopyOnWriteArrayList<>();
    /** Passed-through devices of the VM that are in no pair. */
    final List<UnpairedDevice> unpaired = new ArrayList<>();
    /** What delays new options of both hosts. */
    Optional<Finding> pendingChange = Optional.empty();
    /** The arguments of the linter: the facts of the source and of the destination, in this order. */
    final List<HostFacts> lintedWith = new CopyOnWriteArrayList<>();

    final Path folder;
    public Duration patience = Duration.ofMillis(250);
    /** Factor of the patience for the copy. */
    int copyPatience = 1;

    Duration settle = Duration.ZERO;
    boolean requireVf;
    Optional<MigrationStrategy> strategy = Optional.empty();
    final FakeProbe probe = new FakeProbe(time);
    private Optional<MigrationService> service = Optional.empty();
    /** The VFs that another server leases. */
    final FakePools otherPools = new FakePools(calls);

    private final List<MigrationService> otherServers = new CopyOnWriteArrayList<>();

    public MigrationBench(Path folder) {
        this.folder = folder;
        a.recorder(calls::add);
        b.recorder(calls::add);
        a.running("web1", DEFINITION, PRIMARY);
    }

    /** A host with the clock of this bench. */
    FakeHost host(String name) {
        return new FakeHost(name).by(time, time::hang);
    }

    public static PairView pair(Alias primary, PrimaryKind kind) {
        return new PairView(
                new Alias(primary.value().replace("vf", "standby")),
                primary,
                new MacAddress("52:54:00:11:22:33"),
                Optional.of(POOL),
                kind,
                kind == PrimaryKind.VF ? Optional.of(PciAddress.parse("0000:01:10.0")) : Optional.empty(),
                0,
                false,
                false,
                OptionalInt.empty(),
                OptionalInt.empty(),
                true);
    }

    /** The VF with which the VM was started. */
    Lease leaseOnSource() {
        return new Lease(a.name(), POOL, VM, PRIMARY, PciAddress.parse("0000:01:10.0"), "server", 1);
    }

    public MigrationService service() {
        if (service.isEmpty()) {
            service = Optional.of(newService(folder, pools));
        }
        return service.get();
    }

    /** Starts another server with the same hosts. */
    MigrationService otherServer(Path itsFolder) {
        MigrationService other = newService(itsFolder, otherPools);
        otherServers.add(other);
        return other;
    }

    /** Restarts the server; the hosts keep their state. */
    public MigrationService restart() {
        service.ifPresent(MigrationService::close);
        time.stop();
        service = Optional.of(newService(folder, pools));
        return service.get();
    }

    private MigrationService newService(Path itsFolder, FakePools itsPools) {
        Definitions definitions = new Definitions() {
            @Override
            public DomainView view(String definition) {
                return new DomainView(VM, Optional.empty(), List.of(), List.copyOf(pairs));
            }

            @Override
            public List<UnpairedDevice> unpaired(String definition, Set<String> networks) {
                vfNetworks.add(networks);
                return List.copyOf(unpaired);
            }

            @Override
            public String without(String definition, Set<Alias> devices) {
                return definition + " without " + devices;
            }

            @Override
            public String adjust(String definition, Map<Alias, PciAddress> assignedVfs, Map<String, String> networks) {
                return definition + assignedVfs;
            }

            @Override
            public String marked(String liveDefinition, MigrationId id) {
                return unmarked(liveDefinition) + MARK + id;
            }

            @Override
            public String unmarked(String definition) {
                return definition.split(MARK)[0];
            }

            @Override
            public Optional<MigrationId> mark(String liveDefinition) {
                return Stream.of(liveDefinition.split(MARK))
                        .skip(1)
                        .map(MigrationId::new)
                        .findFirst();
            }
        };
        MigrationTimings timings = new MigrationTimings(
                Duration.ofMillis(20),
                Duration.ofMillis(60),
                Duration.ofMillis(200),
                Duration.ofMillis(100),
                Duration.ofMillis(20),
                Duration.ofMillis(300),
                Duration.ofSeconds(1),
                Duration.ofMillis(100),
                Duration.ofMillis(150));
        MigrationJournal journal = new MigrationJournal(itsFolder);
        MigrationService created = new MigrationService(
                hosts(),
                this::locate,
                policies(),
                new MigrationServices(
                        definitions,
                        (definition, source, destination) -> {
                            lintedWith.addAll(List.of(source, destination));
                            return List.copyOf(lint);
                        },
                        () -> Optional.of(itsPools),
                        probe.asService(),
                        new UnplugGuard(journal, time),
                        journal,
                        timings,
                        (host, vm) -> onRefresh.accept(host, vm),
                        time,
                        threads));
        soon().until(time::isIdle);
        return created;
    }

    private VmLocation locate(VmAddress vm) {
        return Stream.concat(Stream.of(a, b), others.stream())
                .flatMap(h -> (vm instanceof VmName name ? h.find(name).stream() : h.vms().stream())
                        .map(found -> new VmLocation(h, found)))
                .filter(l -> l.vm().state() != VmState.INCOMING
                        && vm.matches(l.host().name(), l.vm().name().value(), l.vm().uuid()))
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(ErrorCode.VM_NOT_FOUND, vm.toString()));
    }

    private Hosts hosts() {
        return new Hosts() {
            @Override
            public List<Host> all() {
                return Stream.concat(others.stream(), Stream.of(a, b)).toList();
            }

            @Override
            public Host host(HostName name) {
                return all().stream()
                        .filter(h -> h.name().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new UnderstudyException(ErrorCode.HOST_NOT_FOUND, name.value()));
            }

            @Override
            public Subscription hold(Host host, String work) {
                onHold.accept(host);
                String hold = host.name() + ": " + work;
                held.add(hold);
                return () -> held.remove(hold);
            }

            @Override
            public Optional<Finding> pendingChange(HostName host) {
                return pendingChange;
            }
        };
    }

    private Policies policies() {
        return new Policies() {
            @Override
            public Policy current() {
                return new Policy(
                        List.of(),
                        List.of(new Policy.PoolPolicy(
                                POOL, PrimaryKind.VF, List.of(VfSelector.parse("eno1")), Optional.empty())),
                        Map.of(),
                        new Policy.Deadlines(
                                patience,
                                patience,
                                patience,
                                patience.multipliedBy(copyPatience),
                                patience,
                                patience,
                                patience,
                                patience),
                        requireVf,
                        strategy,
                        true,
                        settle,
                        Map.of());
            }

            @Override
            public List<Finding> findings() {
                return List.of();
            }

            @Override
            public Subscription listen(Consumer<Policy> listener) {
                return () -> {};
            }
        };
    }

    public Migration migrate() {
        return migrate(MigrationOptions.defaults());
    }

    Migration migrate(MigrationOptions options) {
        return await(service().start(VM, B, options));
    }

    /** Starts a migration with a stopped clock and waits until it runs this step. */
    Migration startAndReach(MigrationStep step) {
        return startAndReach(step, MigrationOptions.defaults());
    }

    Migration startAndReach(MigrationStep step, MigrationOptions options) {
        time.stop();
        Migration first = service().start(VM, B, options);
        Awaitility.await()
                .pollInterval(Duration.ofMillis(2))
                .until(() -> step(service().show(first.id()), step).state() == StepState.RUNNING);
        return first;
    }

    /**
     * Lets another program migrate the VM to the second host, and returns what the service shows. The copy does not end
     * before: the phases advance by queries alone, and a migration without a duration would not be seen.
     */
    public Migration externalMigration() {
        boolean isStuck = a.has(FakeHost.Fault.STUCK_IN_COPY);
        a.with(FakeHost.Fault.STUCK_IN_COPY);
        migrateExternally();
        Migration shown = shown();
        if (!isStuck) {
            a.without(FakeHost.Fault.STUCK_IN_COPY);
        }
        return shown;
    }

    /** Lets another program migrate the VM to the second host, once the service receives the events of both. */
    public void migrateExternally() {
        service();
        soon().until(() -> a.consumers() > 0 && b.consumers() > 0);
        ExternalProgram.migrate(VM, a, b);
    }

    /** Lets time pass at once. */
    public void pass(Duration span) {
        time.pass(span);
    }

    /** Waits, on a thread of this bench, until this much virtual time has passed. */
    void sleep(Duration span) {
        long end = time.nanos() + span.toNanos();
        Object monitor = new Object();
        synchronized (monitor) {
            try {
                while (time.nanos() < end) {
                    time.await(monitor, end - time.nanos());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Gives the VM memory. */
    void memory(String unit, int amount) {
        a.running(
                "web1",
                DEFINITION.replace("<os>", "<memory unit='%s'>%d</memory><os>".formatted(unit, amount)),
                PRIMARY);
    }

    /** Waits until the service shows a migration. */
    public Migration shown() {
        soon().until(() -> !service().list().isEmpty());
        return service().list().get(0);
    }

    /** Starts the clock and waits until the migration has ended. */
    public Migration await(Migration migration) {
        time.flow();
        return service().await(migration.id(), Duration.ofHours(10));
    }

    /** Waits for a condition that does not depend on the clock. */
    public static ConditionFactory soon() {
        return Awaitility.await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2));
    }

    static List<String> codes(Migration migration) {
        return migration.findings().stream().map(f -> f.code().id()).toList();
    }

    static StepReport step(Migration migration, MigrationStep step) {
        return migration.steps().get(step.ordinal());
    }

    @Override
    public void close() {
        a.without(FakeHost.Fault.values());
        b.without(FakeHost.Fault.values());
        time.flow();
        otherServers.forEach(MigrationService::close);
        service.ifPresent(MigrationService::close);
        time.close();
    }

    /** VF pools of both hosts that record each call. */
    static final class FakePools implements VfPools {
        final List<Lease> leased = new ArrayList<>();
        final List<Lease> released = new ArrayList<>();
        private final List<String> calls;
        int left = 4;
        Optional<UnderstudyException> forwardingFailure = Optional.empty();
        /** The VF of the next lease; another one each time if it is empty. */
        Optional<PciAddress> vf = Optional.empty();

        FakePools(List<String> calls) {
            this.calls = calls;
        }

        @Override
        public List<Finding> check(HostName host, PoolName pool) {
            return List.of();
        }

        @Override
        public synchronized Optional<Lease> lease(
                HostName host, PoolName pool, VmName vm, Alias primary, VfSettings settings) {
            if (left == 0) {
                return Optional.empty();
            }
            left--;
            Lease lease = new Lease(
                    host, pool, vm, primary, vf.orElseGet(() -> new PciAddress(0, 2, 16, leased.size())), "server", 1);
            leased.add(lease);
            calls.add("lease " + primary);
            return Optional.of(lease);
        }

        @Override
        public Optional<Lease> leaseNamed(HostName host, PciAddress vf, VmName vm, Alias primary, VfSettings settings) {
            return Optional.empty();
        }

        @Override
        public synchronized List<Lease> leases(HostName host) {
            return leased.stream()
                    .filter(l -> l.host().equals(host) && !released.contains(l))
                    .toList();
        }

        @Override
        public synchronized void forward(Lease lease, boolean on) {
            forwardingFailure.ifPresent(e -> {
                throw e;
            });
            calls.add("detour " + lease.host() + " " + on);
        }

        @Override
        public synchronized void release(Lease lease) {
            released.add(lease);
            calls.add("release " + lease.primary());
        }
    }

    /** A probe that receives a packet before each report, unless it is silent. */
    static final class FakeProbe implements GapProbe {
        private static final Duration INTERVAL = Duration.ofMillis(10);

        private final Scheduler scheduler;
        private final AtomicLong received = new AtomicLong();
        volatile boolean silent;
        /** How long after the begin of the switchover a packet arrives on the primary. */
        volatile Optional<Duration> primaryAfter = Optional.empty();
        /** Called before each answer. */
        volatile Runnable onTraffic = () -> {};

        volatile boolean closed;

        FakeProbe(Scheduler scheduler) {
            this.scheduler = scheduler;
        }

        GapProbes asService() {
            return (ProbeTarget target) -> this;
        }

        @Override
        public NetworkGap report() {
            long count = received.get();
            return new NetworkGap.Measured(
                    "heartbeat", INTERVAL, count + 1, count, 1, 0, 0, Duration.ofMillis(20), List.of());
        }

        @Override
        public Optional<Traffic> traffic() {
            onTraffic.run();
            return Optional.of(
                    new Traffic("heartbeat", silent ? received.get() : received.incrementAndGet(), INTERVAL));
        }

        @Override
        public Optional<Long> firstOn(String path, long after) {
            return primaryAfter
                    .map(delay -> after + delay.toNanos())
                    .filter(at -> path.equals("primary") && scheduler.nanos() >= at);
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
