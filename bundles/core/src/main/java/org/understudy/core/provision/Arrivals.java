// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.provision;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migrations;
import org.understudy.api.Nic;
import org.understudy.api.PairChange;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Provisioned;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.DomainView.PairView;
import org.understudy.core.definition.edit.DestinationDefinition;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.vf.VfLeaseController;

/**
 * Prepares a definition for the host to which another program migrates the VM: leases its VFs on that host. An OSGi
 * service of this bundle.
 */
@Component(service = Arrivals.class)
public final class Arrivals {
    private final Pairs pairs;
    private final Hosts hosts;
    private final Policies policies;
    private final MigrationLock migrationLock;
    private final VfLeaseController vfs;

    @Activate
    public Arrivals(
            @Reference Pairs pairs,
            @Reference Hosts hosts,
            @Reference Policies policies,
            @Reference Migrations migrations,
            @Reference VfLeaseController vfs) {
        this.pairs = pairs;
        this.hosts = hosts;
        this.policies = policies;
        this.migrationLock = new MigrationLock(migrations);
        this.vfs = vfs;
    }

    /** @param contributors called before VFs are leased */
    Provisioned prepare(
            HostName name, String definition, List<PairRequest> requests, UnaryOperator<Provisioned> contributors) {
        Host host = hosts.host(name);
        Provisioned unchanged = new Provisioned(definition, List.of());
        // A migration of this server prepares its definition itself.
        if (migrationLock.isMigratedByThisServer(name, DomainView.of(definition).name())) {
            return unchanged;
        }
        Provisioned contributed = contributors.apply(unchanged);
        Provisioned prepared = contributed.refused() ? contributed : lease(host, contributed, requests);
        return prepared.refused() ? new Provisioned(definition, prepared.findings()) : prepared;
    }

    private Provisioned lease(Host host, Provisioned contributed, List<PairRequest> requests) {
        List<Finding> findings = new ArrayList<>(contributed.findings());
        String prepared = contributed.definition();
        try {
            prepared = withVfs(host, prepared);
            for (PairRequest request : RequestOrder.of(requests)) {
                prepared = withPair(host, prepared, request, findings);
            }
            prepared = withLocalNetworks(host, prepared);
            if (!requests.isEmpty()) {
                pairs.lint(prepared, Optional.of(host.name())).stream()
                        .filter(Predicate.not(findings::contains))
                        .forEach(findings::add);
            }
        } catch (UnderstudyException e) {
            VmName vm = DomainView.of(contributed.definition()).name();
            findings.addAll(e.findings().isEmpty() ? List.of(failed(host, vm, e)) : e.findings());
        }
        return new Provisioned(prepared, findings);
    }

    /** The definition with VFs of this host for its existing pairs. */
    private String withVfs(Host host, String definition) {
        DomainView view = DomainView.of(definition);
        List<PairView> fixed = view.pairs().stream()
                .filter(pair -> pair.kind() == PrimaryKind.VF && pair.vf().isPresent())
                .map(pair -> pool(view, pair).map(pair::from).orElse(pair))
                .toList();
        return fixed.isEmpty()
                ? definition
                : DestinationDefinition.adjust(
                        definition, vfs.leaseForArrival(host.name(), view.name(), fixed), Map.of());
    }

    /** A pair of other origin has no pool, but the network of its standby NIC may have one. */
    private Optional<PoolName> pool(DomainView view, PairView pair) {
        return pair.pool()
                .or(() -> view.nics().stream()
                        .filter(nic -> nic.alias().equals(Optional.of(pair.standby())))
                        .map(Nic::source)
                        .map(source -> policies.current().networkPools().get(source.substring(source.indexOf(' ') + 1)))
                        .flatMap(known -> Optional.ofNullable(known).stream())
                        .findFirst());
    }

    private String withLocalNetworks(Host host, String definition) {
        return DestinationDefinition.adjust(
                definition, Map.of(), policies.current().networksOn(host.name()));
    }

    /** Plans twice: the first plan determines the settings of the VF, the second contains the address of the leased VF. */
    private String withPair(Host host, String definition, PairRequest request, List<Finding> findings) {
        PairChange planned = pairs.planOn(definition, fromPool(request), Optional.of(host.name()));
        DomainView before = DomainView.of(definition);
        List<PairView> added = DomainView.of(planned.definition()).pairs().stream()
                .filter(pair -> !before.pairs().contains(pair))
                .toList();
        if (Finding.anyBlocking(planned.findings())
                || added.isEmpty()
                || added.get(0).kind() == PrimaryKind.EMULATED) {
            findings.addAll(planned.findings());
            return planned.definition();
        }
        Map<Alias, PciAddress> leased = vfs.leaseForArrival(host.name(), before.name(), added);
        PairChange written = pairs.planOn(
                definition,
                addressed(request, added.get(0), leased.get(added.get(0).primary())),
                Optional.of(host.name()));
        findings.addAll(written.findings());
        return written.definition();
    }

    private static PairRequest fromPool(PairRequest request) {
        return new PairRequest(request.nic(), request.pool(), Optional.empty(), Optional.empty(), request.consents());
    }

    private static PairRequest addressed(PairRequest request, PairView pair, PciAddress vf) {
        Optional<PrimaryForm> form = request.form()
                .filter(f -> f != PrimaryForm.POOL_NETWORK)
                .or(() -> Optional.of(PrimaryForm.HOSTDEV_INTERFACE));
        return new PairRequest(request.nic(), pair.pool(), form, Optional.of(vf), request.consents());
    }

    private static Finding failed(Host host, VmName vm, UnderstudyException e) {
        boolean isUnavailable = e.code() == ErrorCode.HOST_UNAVAILABLE;
        return Finding.of(
                isUnavailable ? FindingCode.HOST_UNAVAILABLE : FindingCode.POOL_NOT_SERVED,
                "vm " + vm + " on host " + host.name(),
                "Host " + host.name() + " provides no VF for VM " + vm + ": " + e.getMessage(),
                e.code().remedy());
    }
}
