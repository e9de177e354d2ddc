// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.PeerEndpoint;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/** Executes calls of peers on this server's hosts. */
@Component
public final class PeerCalls implements PeerEndpoint {
    static final Duration LONGEST_POLL = Duration.ofSeconds(20);

    /** Methods whose result stays on this server; the peer refers to it by the VM. */
    private static final Set<String> BY_VM = Set.of("prepareIncoming", "startOutgoing");

    private static final Set<String> NOT_FOR_PEERS = Set.of(
            "close",
            "subscribe",
            "name",
            "definitions",
            "incoming",
            "outgoing",
            "findByUuid",
            "outage",
            "listenForOutages",
            "marksQueriedVms");

    private static final Method VMS = method(Host.class, "vms");

    private final Hosts hosts;
    private final PeerProtocol protocol;
    private final PeerMigrations migrations;
    private final Map<Host, RecordedEvents> recorded = new ConcurrentHashMap<>();

    @Activate
    public PeerCalls(@Reference Hosts hosts) {
        this(hosts, PeerProtocol.CURRENT);
    }

    PeerCalls(Hosts hosts, PeerProtocol protocol) {
        this(hosts, protocol, SystemScheduler.process());
    }

    PeerCalls(Hosts hosts, PeerProtocol protocol, Scheduler scheduler) {
        this.hosts = hosts;
        this.protocol = protocol;
        this.migrations = new PeerMigrations(hosts, scheduler);
    }

    @Deactivate
    void deactivate() {
        migrations.close();
        recorded.values().forEach(RecordedEvents::close);
    }

    @Override
    public String protocol() {
        return protocol.header();
    }

    @Override
    public String call(Optional<String> callerProtocol, HostName name, String call, String arguments) {
        PeerProtocol caller = protocol.check("Calling server", callerProtocol);
        Host host = hosts.host(name);
        MigrationQuery query = MigrationQuery.parse(call);
        return call(caller, host, name, query, arguments);
    }

    private String call(PeerProtocol caller, Host host, HostName name, MigrationQuery query, String arguments) {
        String call = query.path();
        String[] path = call.split("/", -1);
        if (BY_VM.contains(call)) {
            migrations.called(host, name);
        }
        if (path.length == 3 && path[0].equals("incoming")) {
            VmName vm = VmName.decoded(path[1]);
            IncomingMigration incoming = end(host.incoming(vm), call);
            query.requireIncoming(host, vm);
            migrations.called(host, name);
            return invoke(IncomingMigration.class, incoming, path[2], arguments);
        }
        if (path.length == 3 && path[0].equals("outgoing")) {
            OutgoingMigration outgoing = end(host.outgoing(VmName.decoded(path[1])), call);
            query.requireOutgoing(outgoing);
            migrations.called(host, name);
            return invoke(OutgoingMigration.class, outgoing, path[2], arguments);
        }
        if (call.equals("events")) {
            return events(host, arguments, caller);
        }
        if (call.equals(VMS.getName())) {
            return vms(host, caller);
        }
        if (NOT_FOR_PEERS.contains(call)) {
            throw unknown(call);
        }
        return invoke(Host.class, host, call, arguments);
    }

    private static <T> T end(Optional<T> end, String call) {
        return end.orElseThrow(() -> new UnderstudyException(
                ErrorCode.WRONG_VM_STATE, "Call " + call + ": the VM has no such migration on this host"));
    }

    private static Method method(Class<?> type, String name) {
        return Arrays.stream(type.getMethods())
                .filter(m -> m.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> unknown(name));
    }

    private static <T> String invoke(Class<T> type, T target, String name, String arguments) {
        Method method = method(type, name);
        try {
            Object result = method.invoke(target, PeerJson.readArguments(method, arguments));
            Type resultType = method.getGenericReturnType();
            boolean staysHere = resultType == void.class || BY_VM.contains(name);
            return staysHere ? "null" : PeerJson.write(result, resultType);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new UnderstudyException(ErrorCode.INTERNAL, "Call " + name + " failed", e.getCause());
        } catch (IllegalAccessException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, "Call " + name + " cannot be executed", e);
        }
    }

    private static String vms(Host host, PeerProtocol caller) {
        List<HostedVm> readable =
                host.vms().stream().filter(vm -> caller.reads(vm.name())).toList();
        return PeerJson.write(readable, VMS.getGenericReturnType());
    }

    private String events(Host host, String arguments, PeerProtocol caller) {
        PeerHost.Poll poll = (PeerHost.Poll) PeerJson.read(arguments, PeerHost.Poll.class);
        // Hosts are reopened when the configuration changes; events of closed ones are not needed.
        recorded.keySet().stream()
                .filter(known -> !hosts.all().contains(known))
                .forEach(gone -> recorded.remove(gone).close());
        RecordedEvents events = recorded.computeIfAbsent(host, RecordedEvents::new);
        try {
            RecordedEvents.Page page = events.after(poll.epoch(), poll.position(), LONGEST_POLL);
            List<HostEvent> readable =
                    page.events().stream().filter(e -> caller.reads(e.vm())).toList();
            return PeerJson.write(
                    new RecordedEvents.Page(page.epoch(), page.next(), readable), RecordedEvents.Page.class);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "Interrupted while waiting for events", e);
        }
    }

    private static UnderstudyException unknown(String call) {
        return new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "Call '" + call + "' is not available to peers");
    }
}
