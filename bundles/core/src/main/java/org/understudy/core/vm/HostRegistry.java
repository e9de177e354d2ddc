// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Policies;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostConnector;
import org.understudy.api.spi.Hosts;
import org.understudy.core.watch.SideBySide;

/** Keeps the hosts of the configuration open, while the configuration and the connectors come, change and go. */
@Component(
        service = {Hosts.class, HostRegistry.class},
        immediate = true)
public final class HostRegistry implements Hosts {
    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    /** So many hosts may take their time to open, or not to, before others wait. */
    private static final int WORKERS = 32;

    private final ScheduledExecutorService workers = Executors.newScheduledThreadPool(WORKERS, task -> {
        Thread thread = new Thread(task, "understudy-hosts");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<String, HostConnector> connectors = new ConcurrentHashMap<>();
    private final Policies policies;
    private final Duration firstWait;
    private final Subscription changes;
    private Map<HostName, HostSlot> slots = new LinkedHashMap<>();

    @Activate
    public HostRegistry(@Reference Policies policies) {
        this(policies, FIRST_WAIT);
    }

    HostRegistry(Policies policies, Duration firstWait) {
        this.policies = policies;
        this.firstWait = firstWait;
        this.changes = policies.listen(changed -> follow());
        follow();
    }

    @Deactivate
    public void close() {
        changes.close();
        workers.shutdownNow();
        current().forEach(HostSlot::close);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    public void addConnector(HostConnector connector) {
        connectors.put(connector.kind(), connector);
        current().stream()
                .filter(s -> s.policy().connector().equals(connector.kind()))
                .forEach(HostSlot::open);
    }

    void removeConnector(HostConnector connector) {
        connectors.remove(connector.kind(), connector);
        current().forEach(slot -> slot.lost(connector));
    }

    /** Keeps the slots whose policy is the same as before; an old one is closed before its successor opens. */
    private synchronized void follow() {
        Map<HostName, HostSlot> before = new HashMap<>(slots);
        Map<HostName, HostSlot> after = new LinkedHashMap<>();
        for (HostPolicy wanted : policies.current().hosts()) {
            HostSlot kept = before.get(wanted.name());
            if (kept != null && kept.policy().equals(wanted)) {
                after.put(wanted.name(), before.remove(wanted.name()));
            } else {
                after.put(wanted.name(), new HostSlot(wanted, () -> connector(wanted), workers, firstWait));
            }
        }
        before.values().forEach(HostSlot::close);
        slots = after;
        after.values().forEach(HostSlot::open);
    }

    private Optional<HostConnector> connector(HostPolicy wanted) {
        return Optional.ofNullable(connectors.get(wanted.connector()));
    }

    private synchronized List<HostSlot> current() {
        return List.copyOf(slots.values());
    }

    @Override
    public List<Host> all() {
        return current().stream().flatMap(s -> s.host().stream()).toList();
    }

    /** @throws UnderstudyException also {@link ErrorCode#HOST_UNAVAILABLE} if it is configured but not open */
    @Override
    public Host host(HostName name) {
        return current().stream()
                .filter(s -> s.policy().name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HOST_NOT_FOUND, "The configuration has no host '" + name + "'"))
                .require();
    }

    /** Every host of the configuration, in its order, open or not. */
    public List<HostView> views() {
        return SideBySide.ask(current(), HostSlot::view);
    }

    /** The hosts of the configuration that are not open; nobody knows what VMs they hold. */
    public List<HostName> unopened() {
        return current().stream()
                .filter(s -> s.host().isEmpty())
                .map(s -> s.policy().name())
                .toList();
    }
}
