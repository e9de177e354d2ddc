// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.ArrayList;
import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;
import org.understudy.api.VmName;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.inventory.VmLocator;

/** Checks whether each VM is on one host. VMs that are being migrated are excluded: they are on two hosts. */
record PlaceCheck(VmLocator locator, MigrationLock migrationLock) implements Check {
    @Override
    public List<Finding> findings() {
        VmLocator.Survey survey = locator.survey();
        List<Finding> findings = new ArrayList<>();
        survey.claims()
                .forEach((name, claims) -> VmLocator.perVm(claims).stream()
                        .filter(ofVm -> ofVm.size() > 1 && ofVm.stream().noneMatch(this::isMigrating))
                        .forEach(ofVm -> findings.add(onSeveralHosts(name, ofVm))));
        survey.incoming().stream().filter(l -> !isMigrating(l)).forEach(l -> findings.add(abandoned(l)));
        survey.unanswered().forEach(host -> findings.add(host.finding()));
        if (findings.isEmpty()) {
            findings.add(Check.healthy(
                    "vms",
                    "Each VM is on one host; VMs checked: " + survey.claims().size()));
        }
        return findings;
    }

    private boolean isMigrating(VmLocation location) {
        return migrationLock.isMigrating(location.host().name(), location.vm().name());
    }

    /** A copy that is shut off is less urgent than a VM whose place is unknown. */
    private static Finding onSeveralHosts(VmName vm, List<VmLocation> claims) {
        Finding finding = VmLocator.onSeveralHosts(vm, claims);
        return VmLocator.authoritative(claims).size() > 1 ? finding : finding.as(Severity.WARNING);
    }

    private static Finding abandoned(VmLocation location) {
        VmName vm = location.vm().name();
        return Finding.of(
                        FindingCode.STATE_INCONSISTENT,
                        "vm " + vm,
                        "Host " + location.host().name() + " has a QEMU that waits for VM " + vm
                                + ", but no migration of this server sends the VM",
                        "Ignore this if another server migrates the VM; otherwise end that QEMU process on host "
                                + location.host().name() + ".")
                .as(Severity.WARNING);
    }
}
