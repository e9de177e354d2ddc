// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.InventoryChange;
import org.understudy.api.InventoryChange.HostChanged;
import org.understudy.api.InventoryChange.VmChanged;
import org.understudy.api.Pair;
import org.understudy.api.PastFinding;
import org.understudy.api.Severity;
import org.understudy.api.Vm;

/**
 * What is wrong with a host or a VM now.
 *
 * @param object identifies the host or the VM on its host
 */
record CurrentFindings(String object, Function<Instant, List<PastFinding>> at) {

    List<PastFinding> findings(Instant time) {
        return at.apply(time);
    }

    /** Empty for a change of a VF or a pool, whose problems are findings of the host. */
    static Optional<CurrentFindings> of(InventoryChange change) {
        if (change instanceof HostChanged host) {
            return Optional.of(host.now().map(CurrentFindings::of).orElseGet(() -> none(object(host.host()))));
        } else if (change instanceof VmChanged vm) {
            return Optional.of(
                    vm.now().map(CurrentFindings::of).orElseGet(() -> none(object(vm.host()) + "/" + vm.uuid())));
        }
        return Optional.empty();
    }

    private static CurrentFindings none(String object) {
        return new CurrentFindings(object, time -> List.of());
    }

    private static String object(HostName host) {
        return "host " + host;
    }

    static CurrentFindings of(HostEntry host) {
        HostName name = host.view().name();
        return new CurrentFindings(
                object(name),
                time -> Stream.concat(host.view().findings().stream(), host.nicFindings().stream())
                        .filter(f -> f.code() != FindingCode.HEALTHY && f.severity() != Severity.NOTICE)
                        .map(f -> past(f, name, time))
                        .toList());
    }

    private static PastFinding past(Finding finding, HostName host, Instant time) {
        return new PastFinding(
                finding.code().id(),
                finding.severity(),
                finding.subject(),
                finding.message(),
                finding.remedy(),
                Optional.of(host),
                Optional.empty(),
                Optional.empty(),
                time,
                Optional.empty());
    }

    static CurrentFindings of(Vm vm) {
        return new CurrentFindings(object(vm.host()) + "/" + vm.uuid(), time -> pairs(vm, time));
    }

    private static List<PastFinding> pairs(Vm vm, Instant time) {
        List<PastFinding> findings = new ArrayList<>();
        for (Pair pair : vm.pairs()) {
            severity(pair).ifPresent(severity -> findings.add(past(vm, pair, severity, time)));
        }
        return findings;
    }

    /** Empty for a pair that is off, works, or is about to change. */
    private static Optional<Severity> severity(Pair pair) {
        return switch (pair.health()) {
            case FAULT -> Optional.of(Severity.ERROR);
            case HIDDEN, PARTIAL, ON_STANDBY, UNPLUGGING -> Optional.of(Severity.WARNING);
            case OFF, PENDING_RESTART, ACTIVE -> Optional.empty();
        };
    }

    private static PastFinding past(Vm vm, Pair pair, Severity severity, Instant time) {
        String cause = pair.details().isEmpty() ? pair.health().cause() : pair.details();
        return new PastFinding(
                "pair-" + RowFormat.text(pair.health()),
                severity,
                "pair " + pair.mac(),
                "Pair " + pair.mac() + " of VM " + vm.name() + ": " + cause,
                pair.health().nextStep(),
                Optional.of(vm.host()),
                Optional.of(vm.name()),
                Optional.of(vm.uuid()),
                time,
                Optional.empty());
    }
}
