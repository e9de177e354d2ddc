// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;

/**
 * A host in memory that behaves as QEMU does: same phases, same events, same order. Each poll advances the phase, unless a
 * {@link Fault} prevents it. Every change is recorded in {@link #calls}.
 */
public final class FakeHost implements Host {
    /** Faults that a test can inject. */
    public enum Fault {
        /** The phase stays at SETUP. */
        STUCK_IN_SETUP,
        /** The guest never releases its primary; after a cancel QEMU gives up at once. */
        NEVER_EJECTS,
        /** QEMU copies without waiting for the guest. */
        NO_WAIT_UNPLUG,
        /** QEMU waits for a primary that it does not report. */
        WAITS_FOR_UNKNOWN_PRIMARY,
        /** MIGRATION events are not delivered. */
        NO_PHASE_EVENTS,
        /** STOP is not delivered. */
        NO_PAUSE_EVENTS,
        /** The phase stays at ACTIVE. */
        STUCK_IN_COPY,
        /** Each pass leaves as much memory as the one before: the guest writes as fast as QEMU sends. */
        REWRITES_MEMORY,
        /** The first pass continues, slowly. */
        COPIES_SLOWLY,
        /** After continueToSwitch the phase stays at DEVICE. */
        STUCK_IN_SWITCH,
        /** The host does not answer for a limited time during the copy; combine with {@link #COPY_FAILS}. */
        AWAY_IN_COPY,
        /** The copy fails. */
        COPY_FAILS,
        /** The source's QEMU dies while it copies. */
        DIES_IN_COPY,
        /** The source's QEMU dies right after its last byte. */
        DIES_AFTER_LAST_BYTE,
        /** The host cannot be reached after the last byte of the source. */
        SILENT_AFTER_LAST_BYTE,
        /** A cancel is accepted, but QEMU never ends the migration. */
        CANCEL_HANGS,
        /** prepareIncoming blocks until released. */
        PREPARE_HANGS,
        PREPARE_FAILS,
        START_FAILS,
        /** startOutgoing starts the migration, but blocks until released. */
        START_HANGS,
        /** primaryPresence blocks until released. */
        PRESENCE_HANGS,
        ACCEPT_REFUSED,
        ACCEPT_UNANSWERED,
        ACCEPT_HANGS,
        ABORT_FAILS,
        FINISH_FAILS,
        FINISH_HANGS,
        /** The receiving QEMU exits as soon as the source sends. */
        RECEIVER_DIES,
        /** The primary does not appear after the switchover, although the plug succeeds. */
        PRIMARY_MISSING,
        /** The primary appears only when it is plugged. */
        PRIMARY_LATE,
        /** QEMU does not plug the primary again after a failed migration. */
        NO_REPLUG,
        REPLUG_FAILS,
        /** The host's manager performs the switchover and resumes the guest on the destination. */
        SWITCHES_BY_ITSELF,
        /** The destination of such a host: its receiving QEMU exists only while the source sends. */
        PREPARED_BY_SOURCE,
        /** Such a host, where a cancel comes too late. */
        ARRIVES_DESPITE_CANCEL,
        /** facts() blocks until released. */
        FACTS_HANG,
        /** subscribe() blocks until released. */
        SUBSCRIBE_HANGS,
        /** find() blocks until released. */
        FIND_HANGS,
        /** The host is {@link #AWAY} from the request to switch over on, which it does not execute. */
        AWAY_IN_SWITCH,
        /** The host does not answer: find() and primaryPresence() throw. */
        AWAY,
        /** The host refuses to accept a VM, and is {@link #AWAY} from then on. */
        AWAY_ONCE_REFUSED,
        /** primaryPresence() alone is not answered. */
        PRESENCE_UNANSWERED,
        /** A query to QEMU marks the VM. */
        MARKS_QUERIED_VMS,
        /** whyWithout() alone is not answered. */
        CAUSE_UNANSWERED,
        /** find() throws an unexpected exception. */
        FIND_DEFECT,
        /** find() throws an Error. */
        FIND_ERROR
    }

    /** The message of {@link Fault#AWAY}. */
    public static final String AWAY_REASON = "connection refused by the host";

    private final HostName name;
    private final Set<Fault> faults = EnumSet.noneOf(Fault.class);
    private final Map<VmName, FakeVm> vms = new ConcurrentHashMap<>();
    private final List<Consumer<HostEvent>> consumers = new CopyOnWriteArrayList<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final Map<String, Runnable> interruptions = new ConcurrentHashMap<>();
    private volatile Optional<UnderstudyException> refusal = Optional.empty();
    private Consumer<String> recorder = call -> {};
    private InstantSource clock = InstantSource.system();
    private Waiter waiter = Object::wait;
    private final AtomicInteger questions = new AtomicInteger();
    private final AtomicInteger questionsAboutCauses = new AtomicInteger();
    private final AtomicInteger subscribed = new AtomicInteger();
    private HostFacts facts = FakeFacts.of("7.2.22");
    private List<Finding> checkFindings = List.of();
    private List<Finding> causes = List.of();
    private volatile Runnable onPlug = () -> {};
    private volatile Runnable onLoad = () -> {};

    public FakeHost(String name) {
        this.name = new HostName(name);
    }

    /** Waits on a monitor for a call that hangs. */
    @FunctionalInterface
    public interface Waiter {
        void await(Object monitor) throws InterruptedException;
    }

    /** Uses another clock than the system's. */
    public FakeHost by(InstantSource otherClock, Waiter otherWaiter) {
        clock = otherClock;
        waiter = otherWaiter;
        return this;
    }

    Instant now() {
        return clock.instant();
    }

    /** Injects faults. */
    public synchronized FakeHost with(Fault... more) {
        faults.addAll(List.of(more));
        return this;
    }

    public synchronized void without(Fault... some) {
        faults.removeAll(List.of(some));
        notifyAll();
    }

    public synchronized boolean has(Fault fault) {
        return faults.contains(fault);
    }

    public void facts(HostFacts other) {
        facts = other;
    }

    /** Why primaries are missing. */
    public void causes(List<Finding> findings) {
        causes = findings;
    }

    /** Runs in each call that plugs a primary, before its effect. */
    public void onPlug(Runnable task) {
        onPlug = task;
    }

    /** Runs in each query of an incoming migration that has everything. */
    public void onLoad(Runnable task) {
        onLoad = task;
    }

    void load() {
        onLoad.run();
    }

    public void checkFindings(List<Finding> findings) {
        checkFindings = findings;
    }

    /** Every change that was made, in order, such as {@code accept web1}. */
    public List<String> calls() {
        return List.copyOf(calls);
    }

    /** Also passes every change to a consumer, which sees the changes of several hosts in order. */
    public void recorder(Consumer<String> other) {
        recorder = other;
    }

    void called(String call) {
        calls.add(call);
        recorder.accept(call);
    }

    /**
     * Does something once when the next call of this name has begun, before it has an effect.
     *
     * @param call prepare, send or subscribe
     */
    public void before(String call, Runnable interruption) {
        interruptions.put(call, interruption);
    }

    private void begin(String call) {
        Optional.ofNullable(interruptions.remove(call)).ifPresent(Runnable::run);
    }

    /** Adds a running VM whose primaries the guest has enabled. */
    public FakeVm running(String vm, String definition, Alias... primaries) {
        FakeVm fake = new FakeVm(this, new VmName(vm), definition, VmState.RUNNING);
        for (Alias primary : primaries) {
            fake.primary(primary, PrimaryPresence.ENABLED);
        }
        vms.put(fake.name(), fake);
        return fake;
    }

    public FakeVm vm(VmName vm) {
        return Optional.ofNullable(vms.get(vm))
                .orElseThrow(() -> new UnderstudyException(ErrorCode.VM_NOT_FOUND, name + " has no VM " + vm));
    }

    void put(FakeVm vm) {
        vms.put(vm.name(), vm);
    }

    public void remove(VmName vm) {
        vms.remove(vm);
    }

    /** Delivers an event to all consumers. */
    public void emit(HostEvent event) {
        consumers.forEach(c -> c.accept(event));
    }

    /** The number of calls of primaryPresence. */
    public int questions() {
        return questions.get();
    }

    /** The number of calls of whyWithout. */
    public int questionsAboutCauses() {
        return questionsAboutCauses.get();
    }

    /** From now on subscriptions fail. */
    public void refuseConsumers(UnderstudyException why) {
        refusal = Optional.of(why);
    }

    public void acceptConsumers() {
        refusal = Optional.empty();
    }

    /** The number of subscriptions so far, open or not. */
    public int subscribed() {
        return subscribed.get();
    }

    /** The number of open subscriptions. */
    public int consumers() {
        return consumers.size();
    }

    /** Ignores interrupts, as a call over a dead connection may. */
    synchronized void hangWhile(Fault fault) {
        boolean interrupted = false;
        while (has(fault)) {
            try {
                waiter.await(this);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void requirePresent() {
        if (has(Fault.AWAY)) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, AWAY_REASON);
        }
    }

    @Override
    public HostName name() {
        return name;
    }

    @Override
    public HostFacts facts() {
        hangWhile(Fault.FACTS_HANG);
        return facts;
    }

    @Override
    public List<HostedVm> vms() {
        return vms.values().stream().map(FakeVm::hosted).toList();
    }

    @Override
    public Optional<HostedVm> find(VmName vm) {
        hangWhile(Fault.FIND_HANGS);
        requirePresent();
        if (has(Fault.FIND_DEFECT)) {
            throw new IllegalStateException("a defect of the connector");
        } else if (has(Fault.FIND_ERROR)) {
            throw new LinkageError("a class of the connector is missing");
        }
        return Optional.ofNullable(vms.get(vm)).map(FakeVm::hosted);
    }

    @Override
    public String definition(VmName vm) {
        return vm(vm).configured();
    }

    @Override
    public Optional<String> liveDefinition(VmName vm) {
        return vm(vm).live();
    }

    @Override
    public List<Finding> check(String definition) {
        return checkFindings;
    }

    @Override
    public List<Finding> whyWithout(VmName vm, Alias primary) {
        questionsAboutCauses.incrementAndGet();
        if (has(Fault.CAUSE_UNANSWERED)) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, AWAY_REASON);
        }
        return causes;
    }

    @Override
    public HostedVm define(String definition) {
        throw new UnsupportedOperationException("not needed by these tests");
    }

    @Override
    public void undefine(VmName vm) {
        vms.remove(vm);
    }

    @Override
    public void start(VmName vm, Map<Alias, PciAddress> assignedVfs) {
        vm(vm).start();
    }

    @Override
    public void shutdown(VmName vm) {
        vm(vm).stop("guest shutdown");
    }

    @Override
    public void destroy(VmName vm) {
        vm(vm).stop("destroyed");
    }

    @Override
    public void reset(VmName vm) {
        emit(new HostEvent.WasReset(vm, now()));
    }

    @Override
    public void pause(VmName vm) {
        vm(vm).pause();
    }

    @Override
    public void resume(VmName vm) {
        vm(vm).resume();
    }

    @Override
    public boolean marksQueriedVms() {
        return has(Fault.MARKS_QUERIED_VMS);
    }

    @Override
    public PrimaryPresence primaryPresence(VmName vm, Alias primary) {
        questions.incrementAndGet();
        hangWhile(Fault.PRESENCE_HANGS);
        requirePresent();
        if (has(Fault.PRESENCE_UNANSWERED)) {
            throw new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, AWAY_REASON);
        }
        return vm(vm).presence(primary);
    }

    @Override
    public Optional<Boolean> standbyNegotiated(VmName vm, Alias standby) {
        return vm(vm).negotiated();
    }

    @Override
    public void plugPrimary(VmName vm, Alias primary, Optional<PciAddress> assignedVf) {
        onPlug.run();
        if (has(Fault.REPLUG_FAILS)) {
            throw new UnderstudyException(ErrorCode.QMP_ERROR, "device_add failed");
        }
        called("plug " + primary);
        if (has(Fault.PRIMARY_MISSING)) {
            return;
        }
        vm(vm).primary(primary, PrimaryPresence.ENABLED);
        emit(new HostEvent.DevicePlugged(vm, now(), primary));
    }

    @Override
    public void unplugPrimary(VmName vm, Alias primary) {
        called("unplug " + primary);
        if (!has(Fault.NEVER_EJECTS)) {
            vm(vm).release(primary);
        }
    }

    @Override
    public IncomingMigration prepareIncoming(IncomingRequest request) {
        begin("prepare");
        hangWhile(Fault.PREPARE_HANGS);
        if (has(Fault.PREPARE_FAILS)) {
            throw new UnderstudyException(ErrorCode.QEMU_START_FAILED, "QEMU exited with 1");
        }
        find(request.vm()).filter(vm -> vm.state() != VmState.SHUTOFF).ifPresent(vm -> {
            boolean receives = vm.state() == VmState.INCOMING;
            throw new UnderstudyException(
                    receives ? ErrorCode.MIGRATION_IN_PROGRESS : ErrorCode.WRONG_VM_STATE,
                    "Host " + name + " already has VM " + vm.name() + ": " + vm.state());
        });
        called("prepare " + request.vm());
        FakeVm vm = new FakeVm(this, request.vm(), request.configuredDefinition(), VmState.INCOMING);
        vm.live(request.liveDefinition());
        FakeIncoming incoming = new FakeIncoming(vm);
        vm.incoming(incoming);
        if (!has(Fault.PREPARED_BY_SOURCE)) {
            put(vm);
        }
        return incoming;
    }

    @Override
    public OutgoingMigration startOutgoing(OutgoingRequest request) {
        begin("send");
        Optional<FakeOutgoing> first = vm(request.vm()).outgoing().filter(FakeOutgoing::isSending);
        if (first.isPresent() && has(Fault.SWITCHES_BY_ITSELF)) {
            return new FakeWaitingOutgoing(first.get());
        } else if (first.isPresent()) {
            throw new UnderstudyException(ErrorCode.MIGRATION_IN_PROGRESS, "Host " + name + " already sends the VM");
        }
        if (has(Fault.START_FAILS)) {
            throw new UnderstudyException(ErrorCode.QMP_ERROR, "migrate was refused");
        }
        called("send " + request.vm());
        FakeOutgoing outgoing = new FakeOutgoing(request.id(), vm(request.vm()), FakeIncoming.at(request.uri()));
        vm(request.vm()).outgoing(outgoing);
        outgoing.begin();
        hangWhile(Fault.START_HANGS);
        return outgoing;
    }

    @Override
    public Optional<IncomingMigration> incoming(VmName vm) {
        return Optional.ofNullable(vms.get(vm)).flatMap(FakeVm::incoming).map(i -> i);
    }

    @Override
    public Optional<OutgoingMigration> outgoing(VmName vm) {
        return Optional.ofNullable(vms.get(vm)).flatMap(FakeVm::outgoing).map(o -> o);
    }

    @Override
    public Subscription subscribe(Consumer<HostEvent> consumer) {
        refusal.ifPresent(e -> {
            throw e;
        });
        begin("subscribe");
        hangWhile(Fault.SUBSCRIBE_HANGS);
        consumers.add(consumer);
        subscribed.incrementAndGet();
        return () -> consumers.remove(consumer);
    }

    @Override
    public void close() {
        consumers.clear();
    }

    /** A VM of a fake host. */
    public static final class FakeVm {
        private final FakeHost host;
        private final VmName name;
        private UUID uuid;
        private final String configured;
        private final Map<Alias, PrimaryPresence> primaries = new LinkedHashMap<>();
        private Optional<String> live;
        private VmState state;
        private Optional<Boolean> negotiated = Optional.of(true);
        private Optional<FakeIncoming> incoming = Optional.empty();
        private Optional<FakeOutgoing> outgoing = Optional.empty();

        FakeVm(FakeHost host, VmName name, String definition, VmState state) {
            this.host = host;
            this.name = name;
            // The same on every host.
            this.uuid = UUID.nameUUIDFromBytes(name.value().getBytes(StandardCharsets.UTF_8));
            this.configured = definition;
            this.live = Optional.of(definition);
            this.state = state;
        }

        public FakeHost host() {
            return host;
        }

        public VmName name() {
            return name;
        }

        public synchronized VmState state() {
            return state;
        }

        /** Makes it another VM of the same name. */
        public synchronized FakeVm uuid(UUID other) {
            uuid = other;
            return this;
        }

        public synchronized FakeVm state(VmState other) {
            state = other;
            return this;
        }

        public synchronized FakeVm primary(Alias alias, PrimaryPresence presence) {
            primaries.put(alias, presence);
            return this;
        }

        public synchronized FakeVm negotiated(Optional<Boolean> answer) {
            negotiated = answer;
            return this;
        }

        public synchronized FakeVm live(String definition) {
            live = Optional.of(definition);
            return this;
        }

        synchronized Map<Alias, PrimaryPresence> primaries() {
            return Map.copyOf(primaries);
        }

        public synchronized PrimaryPresence presence(Alias primary) {
            return primaries.getOrDefault(primary, PrimaryPresence.ABSENT);
        }

        synchronized Optional<Boolean> negotiated() {
            return negotiated;
        }

        String configured() {
            return configured;
        }

        public synchronized Optional<String> live() {
            return state == VmState.SHUTOFF ? Optional.empty() : live;
        }

        synchronized HostedVm hosted() {
            return new HostedVm(name, uuid, state, "");
        }

        synchronized Optional<FakeIncoming> incoming() {
            return incoming;
        }

        synchronized void incoming(FakeIncoming end) {
            incoming = Optional.of(end);
        }

        synchronized Optional<FakeOutgoing> outgoing() {
            return outgoing;
        }

        synchronized void outgoing(FakeOutgoing end) {
            outgoing = Optional.of(end);
        }

        public void start() {
            state(VmState.RUNNING);
            host.emit(new HostEvent.Started(name, host.now()));
        }

        /** Ends the VM; its definition stays. */
        public void stop(String reason) {
            state(VmState.SHUTOFF);
            host.emit(new HostEvent.Stopped(name, host.now(), reason));
        }

        public void pause() {
            state(VmState.PAUSED);
            if (!host.has(Fault.NO_PAUSE_EVENTS)) {
                host.emit(new HostEvent.Paused(name, host.now()));
            }
        }

        public void resume() {
            state(VmState.RUNNING);
            host.emit(new HostEvent.Resumed(name, host.now()));
        }

        /** The guest releases a device outside a migration. */
        public void release(Alias device) {
            primary(device, PrimaryPresence.ABSENT);
            host.emit(new HostEvent.DeviceGone(name, host.now(), device));
        }

        void phase(MigrationPhase phase) {
            if (!host.has(Fault.NO_PHASE_EVENTS)) {
                host.emit(new HostEvent.MigrationChanged(name, host.now(), phase));
            }
        }

        List<Alias> plugged() {
            List<Alias> plugged = new ArrayList<>();
            primaries().forEach((alias, presence) -> {
                if (presence == PrimaryPresence.ENABLED || presence == PrimaryPresence.PLUGGED) {
                    plugged.add(alias);
                }
            });
            return plugged;
        }
    }
}
