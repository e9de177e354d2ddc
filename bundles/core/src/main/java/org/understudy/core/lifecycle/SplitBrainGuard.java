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
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.inventory.VmLocator;

/**
 * Prevents split brain: refuses to start or resume a VM that another host may run.
 *
 * <p>A host that gives no answer (not open, failing, or slower than the deadline of {@link VmLocator}) does not block a
 * start by itself: otherwise one dead host would keep every VM of every other host from being started. It blocks where
 * there is a reason to think that it runs this very VM: the VM's last migration ended in doubt, and this host was the other
 * end. In all other cases it is reported: logged, and listed among the findings of a refusal.
 */
record SplitBrainGuard(Migrations migrations) {
    private static final Logger LOG = LoggerFactory.getLogger(SplitBrainGuard.class);

    /**
     * Before the vCPUs of a VM are to run: no other host may have them. Another host may have the guest if it receives it,
     * or if it was part of a migration that ended in doubt and does not answer now.
     *
     * @param survey what the hosts answered when they were asked for this VM a moment ago
     * @throws UnderstudyException {@link ErrorCode#REFUSED_BY_FINDINGS}
     */
    void requireNoOther(VmLocation here, VmLocator.Survey survey) {
        VmName vm = here.vm().name();
        List<Finding> doubts = survey.unansweredFindings(vm);
        doubts.forEach(doubt -> LOG.warn("{}", doubt.message()));
        survey.incoming().stream()
                .findFirst()
                .ifPresent(l -> refuse(vm, "host " + l.host().name() + " has a QEMU that receives it", doubts));
        doubtful(vm, here.host().name())
                .filter(survey::isUnanswered)
                .ifPresent(other -> refuse(
                        vm,
                        "its last migration ended in doubt, and host " + other + ", where it may run, does not answer",
                        doubts));
    }

    private Optional<HostName> doubtful(VmName vm, HostName here) {
        return migrations.list().stream()
                .filter(m -> m.vm().equals(vm))
                .findFirst()
                .filter(m -> m.outcome().equals(Optional.of(Outcome.NEEDS_ATTENTION)))
                .map(m -> other(m, here));
    }

    private static HostName other(Migration migration, HostName here) {
        return migration.source().equals(here) ? migration.destination() : migration.source();
    }

    private static void refuse(VmName vm, String why, List<Finding> doubts) {
        Finding finding = Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + vm,
                "VM '" + vm + "' may run elsewhere: " + why,
                "Make sure on that host that it does not run there, then try again.");
        List<Finding> findings = new ArrayList<>(List.of(finding));
        findings.addAll(doubts);
        throw new UnderstudyException(finding.message(), findings);
    }
}
