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
 * Prepares a definition for the host to which somebody else brings the VM: its VFs are leased there and now. An OSGi service
 * within this bundle.
 */
@Component(service = Arrivals.class)
public final class Arrivals {
    private final Pairs pairs;
    private final Hosts hosts;
    private final Policies policies;
    private final MigrationLock migrationLock;
    private final VfLeaseController keeper;

    @Activate
    public Arrivals(
            @Reference Pairs pairs,
            @Reference Hosts hosts,
            @Reference Policies policies,
            @Reference Migrations migrations,
            @Reference VfLeaseController keeper) {
        this.pairs = pairs;
        this.hosts = hosts;
        this.policies = policies;
        this.migrationLock = new MigrationLock(migrations);
        this.keeper = keeper;
    }

    /** @param contributors asked before VFs are leased */
    Provisioned prepare(
            HostName name, String definition, List<PairRequest> wishes, UnaryOperator<Provisioned> contributors) {
        Host host = hosts.host(name);
        Provisioned asked = new Provisioned(definition, List.of());
        // What this server moves, it has prepared already.
        if (migrationLock.isMigratedByThisServer(DomainView.of(definition).name())) {
            return asked;
        }
        Provisioned contributed = contributors.apply(asked);
        Provisioned prepared = contributed.refused() ? contributed : lease(host, contributed, wishes);
        return prepared.refused() ? new Provisioned(definition, prepared.findings()) : prepared;
    }

    private Provisioned lease(Host host, Provisioned wanted, List<PairRequest> wishes) {
        List<Finding> findings = new ArrayList<>(wanted.findings());
        String there = wanted.definition();
        try {
            there = withVfs(host, there);
            for (PairRequest wish : wishes) {
                there = withPair(host, there, wish, findings);
            }
            there = withOwnNames(host, there);
            if (!wishes.isEmpty()) {
                pairs.lint(there, Optional.of(host.name())).stream()
                        .filter(Predicate.not(findings::contains))
                        .forEach(findings::add);
            }
        } catch (UnderstudyException e) {
            VmName vm = DomainView.of(wanted.definition()).name();
            findings.addAll(e.findings().isEmpty() ? List.of(failed(host, vm, e)) : e.findings());
        }
        return new Provisioned(there, findings);
    }

    /** The pairs that it has already, with VFs of this host. */
    private String withVfs(Host host, String definition) {
        DomainView view = DomainView.of(definition);
        List<PairView> fixed = view.pairs().stream()
                .filter(pair -> pair.kind() == PrimaryKind.VF && pair.vf().isPresent())
                .map(pair -> pool(view, pair).map(pair::from).orElse(pair))
                .toList();
        return fixed.isEmpty()
                ? definition
                : DestinationDefinition.adjust(
                        definition, keeper.leaseForArrival(host.name(), view.name(), fixed), Map.of());
    }

    /** A pair that was not made here names no pool; the network of its standby NIC may have one. */
    private Optional<PoolName> pool(DomainView view, PairView pair) {
        return pair.pool()
                .or(() -> view.nics().stream()
                        .filter(nic -> nic.alias().equals(Optional.of(pair.standby())))
                        .map(Nic::source)
                        .map(source -> policies.current().networkPools().get(source.substring(source.indexOf(' ') + 1)))
                        .flatMap(known -> Optional.ofNullable(known).stream())
                        .findFirst());
    }

    private String withOwnNames(Host host, String definition) {
        return DestinationDefinition.adjust(
                definition, Map.of(), policies.current().networksOn(host.name()));
    }

    /** Planned twice: what the VF has to be is known with the pair, and the pair is written with the VF's address. */
    private String withPair(Host host, String definition, PairRequest wish, List<Finding> findings) {
        PairChange planned = pairs.planOn(definition, fromPool(wish), Optional.of(host.name()));
        DomainView before = DomainView.of(definition);
        List<PairView> fresh = DomainView.of(planned.definition()).pairs().stream()
                .filter(pair -> !before.pairs().contains(pair))
                .toList();
        if (Finding.anyBlocking(planned.findings())
                || fresh.isEmpty()
                || fresh.get(0).kind() == PrimaryKind.EMULATED) {
            findings.addAll(planned.findings());
            return planned.definition();
        }
        Map<Alias, PciAddress> vfs = keeper.leaseForArrival(host.name(), before.name(), fresh);
        PairChange written = pairs.planOn(
                definition, addressed(wish, fresh.get(0), vfs.get(fresh.get(0).primary())), Optional.of(host.name()));
        findings.addAll(written.findings());
        return written.definition();
    }

    private static PairRequest fromPool(PairRequest wish) {
        return new PairRequest(wish.nic(), wish.pool(), Optional.empty(), Optional.empty(), wish.consents());
    }

    private static PairRequest addressed(PairRequest wish, PairView pair, PciAddress vf) {
        Optional<PrimaryForm> form = wish.form()
                .filter(f -> f != PrimaryForm.POOL_NETWORK)
                .or(() -> Optional.of(PrimaryForm.HOSTDEV_INTERFACE));
        return new PairRequest(wish.nic(), pair.pool(), form, Optional.of(vf), wish.consents());
    }

    private static Finding failed(Host host, VmName vm, UnderstudyException e) {
        boolean away = e.code() == ErrorCode.HOST_UNAVAILABLE;
        return Finding.of(
                away ? FindingCode.HOST_UNAVAILABLE : FindingCode.POOL_NOT_SERVED,
                "vm " + vm + " on host " + host.name(),
                "No VF could be made ready: " + e.getMessage(),
                e.code().remedy());
    }
}
