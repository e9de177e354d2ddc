// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import java.util.List;
import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.Migrations;
import org.understudy.api.Outcome;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

/** Keeps an admin's command from letting a guest run twice. */
record OneRun(Migrations migrations, Locations locations) {

    /**
     * Before the vCPUs of a VM are to run: nobody else may have them. Another host may have the guest if it receives it,
     * or if it was part of a migration whose end nobody knows and does not answer now.
     *
     * @throws UnderstudyException {@link ErrorCode#REFUSED_BY_FINDINGS}
     */
    void requireNoOther(Location here) {
        VmName vm = here.vm().name();
        Locations.Survey survey = locations.survey();
        survey.incoming().stream()
                .filter(l -> l.vm().name().equals(vm))
                .findFirst()
                .ifPresent(l -> refuse(vm, "host " + l.host().name() + " has a QEMU that receives it"));
        doubtful(vm, here.host().name())
                .filter(other -> survey.silent().stream().anyMatch(s -> s.startsWith(other + " ")))
                .ifPresent(other -> refuse(
                        vm,
                        "its last migration ended in doubt, and host " + other
                                + ", where it may run, does not answer"));
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

    private static void refuse(VmName vm, String why) {
        Finding finding = Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + vm,
                "VM '" + vm + "' may run elsewhere: " + why,
                "Make sure on that host that it does not run there, then try again.");
        throw new UnderstudyException(finding.message(), List.of(finding));
    }
}
