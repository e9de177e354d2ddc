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
import org.understudy.api.Policies;
import org.understudy.api.Provisioned;
import org.understudy.api.Severity;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.api.xml.DomainDocument;

/** Plans the pairs, asks the contributors, and judges what came of it. */
@Component
public final class ProvisioningService implements NicProvisioning {
    private static final Logger LOG = LoggerFactory.getLogger(ProvisioningService.class);

    private final Pairs pairs;
    private final Hosts hosts;
    private final Policies policies;
    private final Arrivals arrivals;

    /** In the order of their ranking; dynamic, so that one that comes or goes does not take the service down. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    volatile List<NicContributor> contributors = List.of();

    @Activate
    public ProvisioningService(
            @Reference Pairs pairs,
            @Reference Hosts hosts,
            @Reference Policies policies,
            @Reference Arrivals arrivals) {
        this.pairs = pairs;
        this.hosts = hosts;
        this.policies = policies;
        this.arrivals = arrivals;
    }

    @Override
    public Provisioned before(Occasion occasion, HostName name, String definition, List<PairRequest> wishes) {
        Host host = hosts.host(name);
        Set<Finding> findings = new LinkedHashSet<>();
        String wanted = definition;
        for (PairRequest wish : wishes) {
            PairChange planned = pairs.planOn(wanted, wish, Optional.of(name));
            findings.addAll(planned.findings());
            wanted = planned.definition();
        }
        Provisioned contributed = contributed(occasion, name, wanted);
        findings.addAll(contributed.findings());
        wanted = contributed.definition();
        findings.addAll(pairs.lint(wanted, Optional.of(name)));
        findings.addAll(host.check(wanted));
        List<Finding> all = List.copyOf(findings);
        return new Provisioned(Finding.anyBlocking(all) ? definition : wanted, all);
    }

    @Override
    public Provisioned arriving(HostName name, String definition, List<PairRequest> wishes) {
        return arrivals.prepare(
                name, definition, wishes, asked -> contributed(Occasion.ARRIVING, name, asked.definition()));
    }

    private Provisioned contributed(Occasion occasion, HostName host, String definition) {
        List<Finding> findings = new ArrayList<>();
        String wanted = definition;
        for (NicContributor contributor : contributors) {
            Provisioned contributed = ask(contributor, occasion, host, wanted);
            findings.addAll(contributed.findings());
            wanted = contributed.definition();
        }
        return new Provisioned(wanted, findings);
    }

    /** Foreign code: whatever it throws must not stop a VM, unless the VM must have its VF. */
    private Provisioned ask(NicContributor contributor, Occasion occasion, HostName host, String definition) {
        try {
            Provisioned contributed = contributor.contribute(occasion, host, definition);
            DomainDocument.parse(contributed.definition());
            return contributed;
        } catch (RuntimeException e) {
            String who = contributor.getClass().getName();
            LOG.warn("contributor {} was passed over", who, e);
            Finding failed = Finding.of(
                    FindingCode.CONTRIBUTOR_FAILED,
                    "contributor " + who,
                    "the contributor " + who + " failed: " + e,
                    "mend or remove the bundle that provides it; the log has the whole error");
            boolean required = policies.current().requireVf();
            return new Provisioned(definition, List.of(required ? failed.as(Severity.ERROR) : failed));
        }
    }
}
