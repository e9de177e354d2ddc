// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.xml.GuestMemory;
import org.understudy.api.xml.MigrationMark;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.HostExecutor;

/**
 * Implements {@link Host} by calls to a peer: each method is one call, events are polled. A poll blocks no thread; the next one
 * begins when the events of the last one have been delivered.
 */
final class PeerHost implements InvocationHandler {
    private static final Logger LOG = LoggerFactory.getLogger(PeerHost.class);
    private static final Method VMS = vms();
    private static final Backoff RETRIES = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(5));

    private final HostName name;
    private final PeerLink link;
    private final List<Consumer<HostEvent>> consumers = new CopyOnWriteArrayList<>();
    private final HostExecutor executor;
    private Poll position = new Poll("", 0);
    private CompletableFuture<?> polling = CompletableFuture.completedFuture("");
    private final List<Runnable> outageListeners = new CopyOnWriteArrayList<>();
    private volatile Optional<String> outage = Optional.empty();
    private int failures;
    private boolean closed;

    /** The position up to which the peer's events were read. */
    record Poll(String epoch, long position) {}

    /** @param missed the VMs whose events may have been skipped */
    private record Received(RecordedEvents.Page page, List<VmName> missed) {}

    private PeerHost(HostName name, PeerLink link, HostExecutor executor) {
        this.name = name;
        this.link = link;
        this.executor = executor;
    }

    /**
     * @param executor delivers the events
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} unless the peer answers
     */
    static Host open(HostName name, PeerLink link, HostExecutor executor) {
        PeerHost peer = new PeerHost(name, link, executor);
        // The first page has only the current position; from there on no event is missed.
        peer.received(new Received(page(link.call("events", PeerJson.write(peer.position, Poll.class))), List.of()));
        return proxy(Host.class, peer);
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "name" -> name;
            case "toString" -> "peer host " + name;
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            case "close" -> {
                close();
                yield null;
            }
            case "subscribe" -> subscribe(arguments[0]);
            case "outage" -> outage;
            case "marksQueriedVms" -> false;
            // Those of each VM are read by a call that former versions know too.
            case "definitions" -> Map.of();
            case "listenForOutages" -> listenForOutages((Runnable) arguments[0]);
            case "prepareIncoming" -> {
                IncomingRequest request = (IncomingRequest) arguments[0];
                GuestMemory memory = GuestMemory.read(request.liveDefinition());
                link.call("prepareIncoming", PeerJson.writeArguments(method, arguments), memory.startAllowance());
                yield incoming(request.vm(), MigrationMark.of(request.liveDefinition()), memory);
            }
            case "startOutgoing" -> {
                link.call("startOutgoing", PeerJson.writeArguments(method, arguments));
                OutgoingRequest request = (OutgoingRequest) arguments[0];
                yield outgoing(request.vm(), Optional.of(request.id()));
            }
            case "incoming" -> knownIncoming((Host) proxy, (VmName) arguments[0]);
            case "outgoing" -> knownOutgoing((VmName) arguments[0]);
            case "findByUuid" -> find((Host) proxy, (UUID) arguments[0]);
            case "start", "plugPrimary" -> {
                GuestMemory memory = GuestMemory.read(((Host) proxy).definition((VmName) arguments[0]));
                yield remote("", "", memory.startAllowance(), method, arguments);
            }
            default -> remote("", "", Duration.ZERO, method, arguments);
        };
    }

    private static Method vms() {
        try {
            return Host.class.getMethod("vms");
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }

    private Object remote(String prefix, String query, Duration allowance, Method method, Object... arguments) {
        String answer =
                link.call(prefix + method.getName() + query, PeerJson.writeArguments(method, arguments), allowance);
        return method.getReturnType() == void.class ? null : PeerJson.read(answer, method.getGenericReturnType());
    }

    private Optional<IncomingMigration> knownIncoming(Host host, VmName vm) {
        return host.find(vm)
                .map(HostedVm::state)
                .filter(state -> state == VmState.INCOMING)
                .map(state -> {
                    Optional<String> live = host.liveDefinition(vm);
                    return incoming(vm, live.flatMap(MigrationMark::of), GuestMemory.read(live.orElse("")));
                });
    }

    /** By a call that every version of the protocol has. */
    private static Optional<HostedVm> find(Host host, UUID uuid) {
        return host.vms().stream().filter(vm -> vm.uuid().equals(uuid)).findFirst();
    }

    private Optional<OutgoingMigration> knownOutgoing(VmName vm) {
        try {
            OutgoingMigration outgoing = outgoing(vm, migration(vm));
            outgoing.progress();
            return Optional.of(outgoing);
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.WRONG_VM_STATE) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** The migration that the peer's host sends; empty for a host that does not record it, and for an older peer. */
    private Optional<MigrationId> migration(VmName vm) {
        try {
            return outgoing(vm, Optional.empty()).migration();
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.INVALID_ARGUMENT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** QEMU answers nothing while it opens the VFs of the VM that arrives. */
    private IncomingMigration incoming(VmName vm, Optional<MigrationId> id, GuestMemory memory) {
        return proxy(
                IncomingMigration.class,
                (proxy, method, arguments) ->
                        end("incoming/" + vm.encoded() + "/", id, memory.openingAllowance(), method, arguments));
    }

    private OutgoingMigration outgoing(VmName vm, Optional<MigrationId> id) {
        return proxy(
                OutgoingMigration.class,
                (proxy, method, arguments) ->
                        end("outgoing/" + vm.encoded() + "/", id, Duration.ZERO, method, arguments));
    }

    /** An older peer ignores the query, and uses the migration that its host has. */
    private Object end(
            String prefix, Optional<MigrationId> id, Duration allowance, Method method, Object... arguments) {
        return method.getName().equals("toString")
                ? prefix + name
                : remote(prefix, id.map(i -> MigrationQuery.PREFIX + i).orElse(""), allowance, method, arguments);
    }

    private Subscription subscribe(Object consumer) {
        @SuppressWarnings("unchecked")
        Consumer<HostEvent> added = (Consumer<HostEvent>) consumer;
        consumers.add(added);
        return () -> consumers.remove(added);
    }

    private Subscription listenForOutages(Runnable changed) {
        outageListeners.add(changed);
        return () -> outageListeners.remove(changed);
    }

    private void setOutage(Optional<String> why) {
        boolean differs = outage.isPresent() != why.isPresent();
        outage = why;
        if (differs) {
            outageListeners.forEach(Runnable::run);
        }
    }

    private synchronized void poll() {
        if (closed) {
            return;
        }
        CompletableFuture<Received> next =
                link.callAsync("events", PeerJson.write(position, Poll.class)).thenCompose(this::withMissed);
        polling = next;
        next.whenComplete((received, failure) -> executor.run(name, "delivery of events", () -> {
            if (failure == null) {
                received(received);
            } else {
                failed(failure);
            }
        }));
    }

    private static RecordedEvents.Page page(String answer) {
        return (RecordedEvents.Page) PeerJson.read(answer, RecordedEvents.Page.class);
    }

    /** After a restart of the peer, its events since the last poll cannot be read: all of its VMs are to be read again. */
    private CompletableFuture<Received> withMissed(String answer) {
        RecordedEvents.Page page = page(answer);
        if (isKnown(page.epoch())) {
            return CompletableFuture.completedFuture(new Received(page, List.of()));
        }
        return link.callAsync("vms", PeerJson.writeArguments(VMS))
                .thenApply(vms -> new Received(page, names(PeerJson.read(vms, VMS.getGenericReturnType()))));
    }

    private synchronized boolean isKnown(String epoch) {
        return position.epoch().equals(epoch);
    }

    private static List<VmName> names(Object vms) {
        return ((List<?>) vms).stream().map(vm -> ((HostedVm) vm).name()).toList();
    }

    private void received(Received received) {
        try {
            RecordedEvents.Page page = received.page();
            boolean restarted = !isKnown(page.epoch());
            synchronized (this) {
                if (closed) {
                    return;
                }
                position = new Poll(page.epoch(), page.next());
                failures = 0;
            }
            Instant now = Instant.now();
            Stream.concat(
                            received.missed().stream().map(vm -> new HostEvent.EventsMissed(vm, now)),
                            page.events().stream())
                    .forEach(event -> consumers.forEach(consumer -> deliver(consumer, event)));
            // A restart may be too short for an outage, and no event names a VM that is gone.
            if (restarted && outage.isEmpty()) {
                outageListeners.forEach(Runnable::run);
            }
            setOutage(Optional.empty());
        } catch (RuntimeException e) {
            failed(e);
            return;
        }
        poll();
    }

    /** A single failure may be that of one connection. */
    private void failed(Throwable failure) {
        boolean lasting;
        synchronized (this) {
            if (closed) {
                return;
            }
            Duration pause = RETRIES.pause(++failures);
            LOG.debug("Host {}: events could not be read, retrying in {} ms", name, pause.toMillis(), failure);
            executor.schedule(name, pause, "poll of events", this::poll);
            lasting = failures > 1;
        }
        if (lasting) {
            setOutage(Optional.of("did not answer: " + cause(failure).getMessage()));
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private synchronized void close() {
        closed = true;
        polling.cancel(true);
    }

    private static void deliver(Consumer<HostEvent> consumer, HostEvent event) {
        try {
            consumer.accept(event);
        } catch (RuntimeException | Error e) {
            LOG.warn("Listener of host events: unhandled exception", e);
        }
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
