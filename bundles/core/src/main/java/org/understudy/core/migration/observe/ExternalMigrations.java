// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.observe;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.Controller;
import org.understudy.concurrent.Controller.Result;
import org.understudy.concurrent.NamedTask;
import org.understudy.core.health.VmKey;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.migration.context.MigrationServices;

/**
 * Detects migrations that another program started, from the events of the hosts and from the VMs that they receive when
 * they are opened. Sources are checked in parallel, and the destination of each VM is searched for on a thread of its own: a
 * host that hangs delays neither other sources nor other VMs.
 */
public final class ExternalMigrations {
    private static final Logger LOG = LoggerFactory.getLogger(ExternalMigrations.class);

    private static final Backoff RETRY_BACKOFF = new Backoff(Duration.ofSeconds(2), Duration.ofMinutes(1));

    /** After a host was opened again, or did not answer, while the migration was being found. */
    private static final Duration RETRY_DELAY = Duration.ofSeconds(2);

    /** @param vm that the host may send; empty for a host that was opened */
    private record Check(Host host, Optional<VmName> vm) {}

    /** Receives detected migrations; may be called twice for one migration. */
    @FunctionalInterface
    public interface Listener {
        /** @throws UnderstudyException if a host is no longer open */
        void onMigration(VmLocation source, Host destination);
    }

    private final Hosts hosts;
    private final MigrationServices services;
    private final BiPredicate<HostName, VmName> known;
    private final Listener listener;
    private final Controller<Check> checks;
    /** VMs that hosts were receiving when they were opened. */
    private final Set<VmKey> arriving = ConcurrentHashMap.newKeySet();

    /** @param known true for a VM of a host whose migration is shown already, or will be */
    public ExternalMigrations(
            Hosts hosts, MigrationServices services, BiPredicate<HostName, VmName> known, Listener listener) {
        this.hosts = hosts;
        this.services = services;
        this.known = known;
        this.listener = listener;
        this.checks = new Controller<>(
                "understudy-external",
                services.scheduler(),
                check -> check.host().name(),
                RETRY_BACKOFF,
                this::process);
    }

    private Result process(Check check) {
        if (check.vm().isPresent()) {
            return checkSender(check.host(), check.vm().get());
        }
        checkOpened(check.host());
        return Result.done();
    }

    /** No event reports a migration that began before the host was opened; the state of the destination shows it. */
    public void onOpened(Host host) {
        checks.add(new Check(host, Optional.empty()));
    }

    private void checkOpened(Host host) {
        arriving.removeIf(key -> known.test(key.host(), key.vm()));
        arriving.forEach(key -> check(host, key.vm()));
        try {
            services.bounded(host).vms().stream()
                    .filter(vm -> vm.state() == VmState.INCOMING && !known.test(host.name(), vm.name()))
                    .forEach(vm -> {
                        arriving.add(new VmKey(host.name(), vm.name()));
                        hosts.all().forEach(source -> check(source, vm.name()));
                    });
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: incoming migrations are unknown", host.name(), e);
        }
    }

    public void onEvent(Host host, HostEvent event) {
        if (mayHaveBegun(event) && !known.test(host.name(), event.vm())) {
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

    /** Checks whether a host sends this VM. */
    public void check(Host source, VmName vm) {
        checks.add(new Check(source, Optional.of(vm)));
    }

    /** Both ends report a migration; only the source is considered. */
    private Result checkSender(Host source, VmName vm) {
        try {
            boolean sends = services.bounded(source)
                    .outgoing(vm)
                    .filter(o -> !o.progress().phase().isOver())
                    .isPresent();
            if (sends && !known.test(source.name(), vm)) {
                services.threads()
                        .execute(new NamedTask("understudy-external-" + vm, () -> findDestination(source, vm)));
            }
            return Result.done();
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: unknown whether VM {} is being migrated by another program", source.name(), vm, e);
            return isOpen(source) ? Result.retry() : Result.done();
        }
    }

    private boolean isOpen(Host host) {
        return hosts.all().contains(host);
    }

    /** On a thread of its own: the hosts that it queries delay no check of another VM. */
    private void findDestination(Host source, VmName vm) {
        try {
            Optional<HostedVm> sent = services.bounded(source).find(vm);
            sent.ifPresent(here -> destinationOf(source, here)
                    .ifPresent(there -> listener.onMigration(new VmLocation(source, here), there)));
        } catch (UnderstudyException e) {
            LOG.warn("Host {}: migration of VM {} cannot be observed yet, retrying", source.name(), vm, e);
            retryLater(source, vm);
        }
    }

    /** The host may have been opened again meanwhile. */
    private void retryLater(Host source, VmName vm) {
        hosts.all().stream()
                .filter(host -> host.name().equals(source.name()))
                .forEach(host -> checks.addAfter(new Check(host, Optional.of(vm)), RETRY_DELAY));
    }

    /** Empty if this server does not have the destination, or it does not answer. */
    private Optional<Host> destinationOf(Host source, HostedVm vm) {
        List<HostName> unanswered = new ArrayList<>();
        for (Host host : hosts.all()) {
            if (!host.name().equals(source.name()) && holds(host, vm, unanswered)) {
                return Optional.of(host);
            }
        }
        if (!unanswered.isEmpty()) {
            LOG.warn(
                    "Host {}: VM {} migrates to an unknown host, retrying; hosts that did not answer: {}",
                    source.name(),
                    vm.name(),
                    unanswered);
            retryLater(source, vm.name());
        }
        return Optional.empty();
    }

    private boolean holds(Host host, HostedVm vm, List<HostName> unanswered) {
        try {
            return services.bounded(host)
                    .find(vm.name())
                    .filter(there -> there.uuid().equals(vm.uuid()) && there.state() != VmState.SHUTOFF)
                    .isPresent();
        } catch (UnderstudyException e) {
            LOG.debug("Host {}: unknown whether it has VM {}", host.name(), vm.name(), e);
            unanswered.add(host.name());
            return false;
        }
    }

    /** Starts no more checks, and does not wait for hosts. */
    public void close() {
        checks.close();
    }
}
