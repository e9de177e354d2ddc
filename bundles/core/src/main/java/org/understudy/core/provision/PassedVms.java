// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.provision;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Inventory;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.PassedVm;
import org.understudy.api.Revised;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.ServerCheck;
import org.understudy.concurrent.Occurrences;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/** Counts the VMs that hooks let continue without a VF, and reports those that still run so. Kept in memory only. */
@Component(service = {PassedVms.class, ServerCheck.class})
public final class PassedVms implements ServerCheck {
    private static final Logger LOG = LoggerFactory.getLogger(PassedVms.class);
    private static final int MAX_VMS = 1000;

    /** A hook reports a VM before its manager starts it. */
    private static final Duration UNTIL_STARTED = Duration.ofMinutes(2);

    private record Key(HostName host, VmName vm) {}

    private record Report(PassedVm vm, long nanos) {}

    private final Inventory inventory;
    private final Scheduler scheduler;
    /** Oldest first. */
    private final Map<Key, Report> reports = new LinkedHashMap<>();

    @Activate
    public PassedVms(@Reference Inventory inventory) {
        this(inventory, SystemScheduler.process());
    }

    PassedVms(Inventory inventory, Scheduler scheduler) {
        this.inventory = inventory;
        this.scheduler = scheduler;
    }

    /** The last report of each VM counts; beyond a limit, the oldest are dropped. */
    void add(HostName host, List<PassedVm> vms) {
        if (inventory.snapshot().host(host).isEmpty()) {
            throw new UnderstudyException(ErrorCode.HOST_NOT_FOUND, "Host " + host + " is not configured");
        }
        vms.forEach(vm -> {
            LOG.warn("VM {} on host {}: a hook let it continue without a VF: {}", vm.vm(), host, vm.reason());
            Occurrences.VMS_PASSED.count(host.value());
        });
        synchronized (reports) {
            for (PassedVm vm : vms) {
                Key key = new Key(host, vm.vm());
                reports.remove(key);
                reports.put(key, new Report(vm, scheduler.nanos()));
            }
            while (reports.size() > MAX_VMS) {
                reports.remove(reports.keySet().iterator().next());
            }
        }
    }

    @Override
    public List<Finding> findings() {
        InventorySnapshot snapshot = inventory.snapshot();
        synchronized (reports) {
            reports.entrySet().removeIf(entry -> isOver(snapshot, entry.getKey(), entry.getValue()));
            return reports.entrySet().stream()
                    .map(entry -> finding(entry.getKey(), entry.getValue().vm()))
                    .toList();
        }
    }

    private boolean isOver(InventorySnapshot snapshot, Key key, Report report) {
        boolean mayStart = scheduler.nanos() - report.nanos() < UNTIL_STARTED.toNanos();
        boolean isUnknown = snapshot.host(key.host())
                .filter(host -> host.value().view().available())
                .isEmpty();
        Optional<Vm> vm = snapshot.vms(key.host()).stream()
                .map(Revised::value)
                .filter(known -> known.name().equals(key.vm()))
                .findFirst();
        boolean hasPair = vm.filter(known -> !known.pairs().isEmpty()).isPresent();
        boolean runs = vm.filter(known -> known.state() != VmState.SHUTOFF).isPresent();
        return hasPair || !runs && !mayStart && !isUnknown;
    }

    private static Finding finding(Key key, PassedVm passed) {
        return Finding.of(
                FindingCode.HOOK_PASSED_VM,
                "vm " + key.vm() + " on host " + key.host(),
                "VM " + key.vm() + " on host " + key.host() + " continued without a VF at "
                        + passed.at().truncatedTo(ChronoUnit.SECONDS) + ": " + passed.reason(),
                "Correct the reason, then restart the VM with its manager.");
    }
}
