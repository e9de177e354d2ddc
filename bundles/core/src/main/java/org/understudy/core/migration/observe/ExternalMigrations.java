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
 * Finds migrations that this server did not begin, by the events of the hosts and by what they receive when they are
 * opened. Each VM is looked for on a thread of its own, so that a host that hangs hides no other VM's migration.
 */
public final class ExternalMigrations {
    private static final Logger LOG = LoggerFactory.getLogger(ExternalMigrations.class);

    /** Is given what was found; may be called twice for one migration. */
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

    /** No event says what began before a host was opened; the receiving host shows it, whichever is opened first. */
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
            LOG.warn("Host {}: what it receives is unknown", host.name(), e);
        }
    }

    public void onEvent(Host host, HostEvent event) {
        if (event instanceof HostEvent.MigrationChanged changed
                && (changed.phase() == MigrationPhase.SETUP
                        || changed.phase() == MigrationPhase.WAIT_UNPLUG
                        || changed.phase() == MigrationPhase.ACTIVE)
                && !known.test(event.vm())) {
            check(host, event.vm());
        }
    }

    private void check(Host source, VmName vm) {
        checks.run("host " + source.name() + ", VM " + vm, "sends", () -> checkSender(source, vm));
    }

    /** Both ends report a migration; the one that sends counts. */
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
            LOG.warn("Host {}: the migration of VM {} cannot be followed", source.name(), vm, e);
        }
    }

    /** Empty if it goes to a host that this server does not know, or that does not answer. */
    private Optional<Host> destinationOf(Host source, VmName vm) {
        List<HostName> unanswered = new ArrayList<>();
        for (Host host : hosts.all()) {
            if (!host.name().equals(source.name()) && holds(host, vm, unanswered)) {
                return Optional.of(host);
            }
        }
        if (!unanswered.isEmpty()) {
            LOG.warn(
                    "Host {}: VM {} is moved to an unknown host; hosts that did not answer: {}",
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
            LOG.debug("Host {}: whether it holds VM {} is unknown", host.name(), vm, e);
            unanswered.add(host.name());
            return false;
        }
    }

    /** Begins nothing more, and does not wait for hosts. */
    public void close() {
        checks.close(Deadline.in(services.time(), Duration.ZERO));
    }
}
