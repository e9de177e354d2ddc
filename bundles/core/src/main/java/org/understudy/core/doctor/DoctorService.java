// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.Doctor;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.History;
import org.understudy.api.HostNics;
import org.understudy.api.Migrations;
import org.understudy.api.Policies;
import org.understudy.api.spi.ServerCheck;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.reconcile.DefinitionController;
import org.understudy.core.reconcile.PoolNetworkController;

/** Runs all checks and sorts the findings by severity, errors first. Blocks for the answers of all hosts. */
@Component
public final class DoctorService implements Doctor {
    private final List<Check> checks;

    @Activate
    public DoctorService(
            @Reference Policies policies,
            @Reference HostRegistry hosts,
            @Reference VmLocator locator,
            @Reference Migrations migrations,
            @Reference PoolNetworkController networks,
            @Reference DefinitionController definitions,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL, policyOption = ReferencePolicyOption.GREEDY)
                    Optional<HostNics> nics,
            @Reference(cardinality = ReferenceCardinality.OPTIONAL, policyOption = ReferencePolicyOption.GREEDY)
                    Optional<History> history,
            @Reference(cardinality = ReferenceCardinality.MULTIPLE, policyOption = ReferencePolicyOption.GREEDY)
                    List<ServerCheck> others) {
        this(List.of(
                () -> others.stream()
                        .flatMap(check -> check.findings().stream())
                        .toList(),
                new JavaCheck(Runtime.version().feature()),
                new ConfigurationCheck(policies),
                new HostCheck(hosts, locator),
                new NicCheck(nics),
                migrations::findings,
                networks::findings,
                definitions::findings,
                () -> history.map(History::findings).orElse(List.of()),
                new PlaceCheck(locator, new MigrationLock(migrations)),
                new ToolCheck(Optional.ofNullable(System.getenv("PATH")).orElse(""))));
    }

    DoctorService(List<Check> checks) {
        this.checks = checks;
    }

    @Override
    public List<Finding> examine() {
        return checks.stream()
                .flatMap(check -> check.findings().stream())
                // A host shows the findings of the configuration about it, too.
                .distinct()
                .sorted(Comparator.comparing(Finding::severity).thenComparing(f -> f.code() == FindingCode.HEALTHY))
                .toList();
    }
}
