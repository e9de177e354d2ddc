// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.observe;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.core.migration.context.Deadline;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.SerialTasks;

/**
 * Detects migrations that another program started, from the events of the hosts and from the VMs that they receive when
 * they are opened. Each VM is checked on a thread of its own, so that a host that hangs delays no other VM.
 */
public final class ExternalMigrations {
    private static final Logger LOG = LoggerFactory.getLogger(ExternalMigrations.class);

    /** Receives detected migrations; may be called twice for one migration. */
    @FunctionalInterface
    public interface Listener {
        void onMigration(VmName vm, Host source, Host destination);
    }

    private final Hosts hosts;
    private final MigrationServices services;
    private final Predicate<VmName> known;
    private final Listener listener;
    private final SerialTasks<String> checks;
    /** VMs that hosts were receiving when they were opened. */
    private final Set<VmName> arriving = ConcurrentHashMap.newKeySet();

    /** @param known true for a VM whose migration is shown already, or will be */
    public ExternalMigrations(Hosts hosts, MigrationServices services, Predicate<VmName> known, Listener listener) {
        this.hosts = hosts;
        this.services = services;
        this.known = known;
        this.listener = listener;
        this.checks = new SerialTasks<>("understudy-external", services.threads());
    }

    /** No event reports a migration that began before the host was opened; the state of the destination shows it. */
    public void onOpened(Host host) {
        checks.run("host " + host.name(), "opened", () -> checkOpened(host));
    }

    private void checkOpened(Host host) {
        arriving.removeIf(known);
        arriving.forEach(vm -> check(host, vm));
        try {
            services.bounded(host).vms().stream()
                    .filter(vm -> vm.state() == VmState.INCOMING && !known.test(vm.name()))
                    .forEach(vm -> {
                        arriving.add(vm.name());
                        hosts.all().forEach(source -> check(source, vm.name()));
                    });
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: incoming migrations are unknown", host.name(), e);
        }
    }

    public void onEvent(Host host, HostEvent event) {
        if (mayHaveBegun(event) && !known.test(event.vm())) {
            check(host, event.vm());
        }
    }

    private static boolean mayHaveBegun(HostEvent event) {
        return event instanceof HostEvent.EventsMissed
                || event instanceof HostEvent.MigrationChanged changed
                        && (changed.phase() == MigrationPhase.SETUP
                                || changed.phase() == MigrationPhase.WAIT_UNPLUG
                                || changed.phase() == MigrationPhase.ACTIVE);
    }

    private void check(Host source, VmName vm) {
        checks.run("host " + source.name() + ", VM " + vm, "sends", () -> checkSender(source, vm));
    }

    /** Both ends report a migration; only the source is considered. */
    private void checkSender(Host source, VmName vm) {
        try {
            boolean sends = services.bounded(source)
                    .outgoing(vm)
                    .filter(o -> !o.progress().phase().isOver())
                    .isPresent();
            if (sends && !known.test(vm)) {
                destinationOf(source, vm).ifPresent(there -> listener.onMigration(vm, source, there));
            }
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: migration of VM {} cannot be observed", source.name(), vm, e);
        }
    }

    /** Empty if this server does not have the destination, or it does not answer. */
    private Optional<Host> destinationOf(Host source, VmName vm) {
        List<HostName> unanswered = new ArrayList<>();
        for (Host host : hosts.all()) {
            if (!host.name().equals(source.name()) && holds(host, vm, unanswered)) {
                return Optional.of(host);
            }
        }
        if (!unanswered.isEmpty()) {
            LOG.warn(
                    "Host {}: VM {} migrates to an unknown host; hosts that did not answer: {}",
                    source.name(),
                    vm,
                    unanswered);
        }
        return Optional.empty();
    }

    private boolean holds(Host host, VmName vm, List<HostName> unanswered) {
        try {
            return services.bounded(host)
                    .find(vm)
                    .filter(there -> there.state() != VmState.SHUTOFF)
                    .isPresent();
        } catch (UnderstudyException e) {
            LOG.debug("Host {}: unknown whether it has VM {}", host.name(), vm, e);
            unanswered.add(host.name());
            return false;
        }
    }

    /** Starts no more checks, and does not wait for hosts. */
    public void close() {
        checks.close(Deadline.in(services.time(), Duration.ZERO));
    }
}
