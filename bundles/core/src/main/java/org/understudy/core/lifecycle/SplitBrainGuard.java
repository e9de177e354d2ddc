// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lifecycle;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.Outcome;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.inventory.VmLocator;

/**
 * Prevents split brain: refuses to start or resume a VM that another host may run.
 *
 * <p>A host that does not respond (not open, failing, or slower than the deadline of {@link VmLocator}) does not block a
 * start by itself: otherwise one failed host would prevent the start of all VMs of all other hosts. It blocks the start
 * only if it may run this VM: the last migration of the VM needs attention, and the host was the other end. In all other
 * cases the host is logged, and reported among the findings of a refusal.
 */
record SplitBrainGuard(Migrations migrations) {
    private static final Logger LOG = LoggerFactory.getLogger(SplitBrainGuard.class);

    /**
     * Call before the vCPUs of a VM run: refuses if another host may run them. That is the case if it has the VM and the VM is not
     * shut off there, if it receives the VM, or if it was part of a migration that needs attention and does not respond.
     *
     * @param survey the current responses of the hosts for this VM
     * @throws UnderstudyException {@link ErrorCode#REFUSED_BY_FINDINGS}
     */
    void requireNotElsewhere(VmLocation here, VmLocator.Survey survey) {
        VmName vm = here.vm().name();
        List<Finding> unanswered = survey.unansweredFindings(vm);
        unanswered.forEach(finding -> LOG.warn("{}", finding.message()));
        survey.incoming().stream()
                .filter(l -> l.vm().uuid().equals(here.vm().uuid()))
                .findFirst()
                .ifPresent(l ->
                        refuse(vm, "host " + l.host().name() + " has a QEMU process that receives it", unanswered));
        survey.claims().values().stream()
                .flatMap(List::stream)
                .filter(l -> l.vm().uuid().equals(here.vm().uuid())
                        && !l.host().name().equals(here.host().name())
                        && l.vm().state() != VmState.SHUTOFF)
                .findFirst()
                .ifPresent(l -> refuse(vm, "it is " + l, unanswered));
        unresolvedHost(here)
                .filter(survey::isUnanswered)
                .ifPresent(other -> refuse(
                        vm,
                        "its last migration needs attention, and host " + other
                                + ", where it may run, does not respond",
                        unanswered));
    }

    private Optional<HostName> unresolvedHost(VmLocation here) {
        return migrations.list().stream()
                .filter(m -> m.uuid()
                        .map(here.vm().uuid()::equals)
                        .orElseGet(() -> m.vm().equals(here.vm().name())))
                .findFirst()
                .filter(m -> m.outcome().equals(Optional.of(Outcome.NEEDS_ATTENTION)))
                .map(m -> other(m, here.host().name()));
    }

    private static HostName other(Migration migration, HostName here) {
        return migration.source().equals(here) ? migration.destination() : migration.source();
    }

    private static void refuse(VmName vm, String why, List<Finding> unanswered) {
        Finding finding = Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + vm,
                "VM " + vm + " may run on another host: " + why,
                "Check that the VM does not run on that host, then retry.");
        List<Finding> findings = new ArrayList<>(List.of(finding));
        findings.addAll(unanswered);
        throw new UnderstudyException(finding.message(), findings);
    }
}
