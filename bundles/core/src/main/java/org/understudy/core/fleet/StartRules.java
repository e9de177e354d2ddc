// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;

/** Decides which waiting VMs start now, and where to. Used by one thread, for one pass over the queue. */
final class StartRules {
    private final int atOnce;
    private final Destinations destinations;
    /** The number of migrations from or to each host, of any origin. */
    private final Map<HostName, Integer> load = new HashMap<>();

    private boolean isAnyRunning;

    /**
     * @param known all migrations of this server
     * @param running the VMs of bulk migrations that run, of which {@code known} may not have those that begin now
     */
    StartRules(int atOnce, List<Migration> known, List<QueuedVm> running, Destinations destinations) {
        this.atOnce = atOnce;
        this.destinations = destinations;
        this.isAnyRunning = !running.isEmpty();
        Set<MigrationId> queued = new HashSet<>();
        running.forEach(vm -> {
            vm.migration().map(Migration::id).ifPresent(queued::add);
            vm.destination().ifPresent(to -> occupy(vm.vm().host(), to));
            vm.destination().filter(to -> vm.isLeasing()).ifPresent(to -> destinations.reserve(vm.vm(), to));
        });
        known.stream()
                .filter(m -> m.isRunning() && !queued.contains(m.id()))
                .forEach(m -> occupy(m.source(), m.destination()));
    }

    private void occupy(HostName source, HostName destination) {
        load.merge(source, 1, Integer::sum);
        load.merge(destination, 1, Integer::sum);
    }

    private boolean isFull(HostName host) {
        return load.getOrDefault(host, 0) >= atOnce;
    }

    /** Starts the VM, refuses it, or lets it wait; returns whether clients see a difference. */
    boolean apply(QueuedVm vm) {
        HostName source = vm.vm().host();
        if (isFull(source)) {
            return vm.waitFor(full(source));
        }
        List<HostName> possible = vm.destination()
                .map(List::of)
                .orElseGet(() -> destinations.of(vm.vm()).toList());
        if (possible.isEmpty()) {
            return none(vm);
        }
        Optional<HostName> first =
                possible.stream().filter(host -> !isFull(host)).findFirst();
        if (first.isEmpty()) {
            return vm.waitFor(
                    possible.size() == 1
                            ? full(possible.get(0))
                            : "Each of " + possible.size() + " possible hosts has its limit of " + atOnce
                                    + " migrations");
        }
        vm.start(first.get());
        occupy(source, first.get());
        destinations.reserve(vm.vm(), first.get());
        isAnyRunning = true;
        return true;
    }

    /** Waits only while another migration may free what is missing: a queue that waits without a limit never ends. */
    private boolean none(QueuedVm vm) {
        String reason = destinations.others(vm.vm()) == 0
                ? "No other host of the connector of host " + vm.vm().host() + " is available"
                : "No other host has enough free VFs";
        if (isAnyRunning) {
            return vm.waitFor(reason);
        }
        vm.refuse(reason);
        return true;
    }

    private String full(HostName host) {
        return "Host " + host + " has " + load.get(host) + " migrations; limit: " + atOnce;
    }
}
