// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.provision;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.NicContributor;
import org.understudy.api.NicProvisioning;
import org.understudy.api.PairChange;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs;
import org.understudy.api.PassedVm;
import org.understudy.api.Policies;
import org.understudy.api.Provisioned;
import org.understudy.api.Severity;
import org.understudy.api.spi.Host;
import org.understudy.api.xml.DomainDocument;
import org.understudy.core.definition.lint.MaskedPasswords;
import org.understudy.core.inventory.HostRegistry;

/** Plans the pairs, calls the contributors, and checks the result. */
@Component
public final class ProvisioningService implements NicProvisioning {
    private static final Logger LOG = LoggerFactory.getLogger(ProvisioningService.class);

    private final Pairs pairs;
    private final HostRegistry hosts;
    private final Policies policies;
    private final Arrivals arrivals;
    private final PassedVms passedVms;

    /** In the order of their ranking; dynamic, so that a new or removed contributor does not restart the service. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    volatile List<NicContributor> contributors = List.of();

    @Activate
    public ProvisioningService(
            @Reference Pairs pairs,
            @Reference HostRegistry hosts,
            @Reference Policies policies,
            @Reference Arrivals arrivals,
            @Reference PassedVms passedVms) {
        this.pairs = pairs;
        this.hosts = hosts;
        this.policies = policies;
        this.arrivals = arrivals;
        this.passedVms = passedVms;
    }

    @Override
    public Provisioned before(Occasion occasion, HostName name, String definition, List<PairRequest> requests) {
        Host host = hosts.opened(name);
        Set<Finding> findings = new LinkedHashSet<>();
        String adjusted = definition;
        for (PairRequest request : RequestOrder.of(requests)) {
            PairChange planned = pairs.planOn(adjusted, request, Optional.of(name));
            findings.addAll(planned.findings());
            adjusted = planned.definition();
        }
        Provisioned contributed = applyContributors(occasion, name, adjusted);
        findings.addAll(contributed.findings());
        adjusted = contributed.definition();
        findings.addAll(MaskedPasswords.of(adjusted));
        pairs.lint(adjusted, Optional.of(name)).stream()
                .map(finding -> occasion == Occasion.MIGRATE ? ofRunningVm(finding) : finding)
                .forEach(findings::add);
        findings.addAll(host.check(adjusted));
        List<Finding> all = List.copyOf(findings);
        return new Provisioned(Finding.anyBlocking(all) ? definition : adjusted, all);
    }

    /** A migration does not change what the traffic of a running VM bypasses. */
    private static Finding ofRunningVm(Finding finding) {
        return finding.code() == FindingCode.FILTER_BYPASSED && finding.severity() == Severity.ERROR
                ? finding.as(Severity.WARNING)
                : finding;
    }

    @Override
    public Provisioned arriving(HostName name, String definition, List<PairRequest> requests) {
        return arrivals.prepare(
                name,
                definition,
                requests,
                unchanged -> applyContributors(Occasion.ARRIVING, name, unchanged.definition()));
    }

    @Override
    public void passed(HostName host, List<PassedVm> vms) {
        passedVms.add(host, vms);
    }

    private Provisioned applyContributors(Occasion occasion, HostName host, String definition) {
        List<Finding> findings = new ArrayList<>();
        String adjusted = definition;
        for (NicContributor contributor : contributors) {
            Provisioned contributed = contribute(contributor, occasion, host, adjusted);
            findings.addAll(contributed.findings());
            adjusted = contributed.definition();
        }
        return new Provisioned(adjusted, findings);
    }

    /** Isolates foreign code: its exceptions must not block a VM, unless the policy requires a VF. */
    private Provisioned contribute(NicContributor contributor, Occasion occasion, HostName host, String definition) {
        try {
            Provisioned contributed = contributor.contribute(occasion, host, definition);
            DomainDocument.parse(contributed.definition());
            return contributed;
        } catch (RuntimeException e) {
            String type = contributor.getClass().getName();
            LOG.warn("Contributor {}: call failed", type, e);
            Finding failed = Finding.of(
                    FindingCode.CONTRIBUTOR_FAILED,
                    "contributor " + type,
                    "Contributor " + type + " failed: " + e,
                    "Correct or remove the bundle that provides the contributor; the log has the stack trace.");
            boolean required = policies.current().requireVf();
            return new Provisioned(definition, List.of(required ? failed.as(Severity.ERROR) : failed));
        }
    }
}
