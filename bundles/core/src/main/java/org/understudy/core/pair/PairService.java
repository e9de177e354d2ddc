// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.pair;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.Migrations;
import org.understudy.api.NicSelector;
import org.understudy.api.PairChange;
import org.understudy.api.PairChange.Effect;
import org.understudy.api.PairRequest;
import org.understudy.api.Pairs;
import org.understudy.api.Policies;
import org.understudy.api.Policy;
import org.understudy.api.Subscription;
import org.understudy.api.VfRequirement;
import org.understudy.api.VmAddress;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.KeyedLock;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.HostNetworks;
import org.understudy.core.definition.edit.PairEditor;
import org.understudy.core.definition.edit.PlanContext;
import org.understudy.core.definition.lint.Fixes;
import org.understudy.core.definition.lint.LintContext;
import org.understudy.core.definition.lint.Linter;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.lifecycle.VerifiedDefine;
import org.understudy.core.vf.VfLeaseController;

/** Plans a change of the stored definition and stores the result, unless a finding prevents it. */
@Component(service = {Pairs.class, PairService.class})
public final class PairService implements Pairs {
    private final VmLocator locator;
    private final Hosts hosts;
    private final InventoryService inventory;
    private final Policies policies;
    private final MigrationLock migrationLock;
    private final PairHealthTracker health;
    private final NicFacts nics;
    private final LiveChange liveChange;
    private final KeyedLock<UUID> changes = new KeyedLock<>();

    @Activate
    public PairService(
            @Reference VmLocator locator,
            @Reference Hosts hosts,
            @Reference InventoryService inventory,
            @Reference Policies policies,
            @Reference Migrations migrations,
            @Reference PairHealthTracker health,
            @Reference NicFacts nics,
            @Reference VfLeaseController vfs) {
        this.locator = locator;
        this.hosts = hosts;
        this.inventory = inventory;
        this.policies = policies;
        this.migrationLock = new MigrationLock(migrations);
        this.health = health;
        this.nics = nics;
        this.liveChange = new LiveChange(vfs);
    }

    @Override
    public PairChange turnOn(VmAddress vm, PairRequest request) {
        return change(vm, (host, definition) -> planned(definition, request, planContext(Optional.of(host))));
    }

    @Override
    public PairChange turnOff(VmAddress vm, NicSelector nic) {
        return change(vm, (host, definition) -> planOff(definition, nic));
    }

    /** Restores the missing primaries of requested pairs; blocks like {@link #turnOn}. */
    public PairChange complete(VmAddress vm) {
        return change(vm, (host, definition) -> new PairEditor().complete(definition, planContext(Optional.of(host))));
    }

    @Override
    public PairChange planOn(String definition, PairRequest request, Optional<HostName> host) {
        PairChange planned = planned(definition, request, planContext(host.map(hosts::host)));
        List<Finding> findings = new ArrayList<>(planned.findings());
        findings.addAll(newFindings(definition, planned.definition(), text -> lint(text, host)));
        return new PairChange(planned.changed(), planned.effect(), List.copyOf(findings), planned.definition());
    }

    /** The pools of the configuration and those of the host. */
    private PlanContext planContext(Optional<Host> host) {
        Policy policy = policies.current();
        return host.map(Host::facts)
                .map(facts -> new PlanContext(HostNetworks.asPools(policy, facts), facts.vfNetworks()))
                .orElse(new PlanContext(policy, Set.of()));
    }

    private static PairChange planned(String definition, PairRequest request, PlanContext context) {
        return new PairEditor().turnOn(definition, request, context);
    }

    @Override
    public PairChange planOff(String definition, NicSelector nic) {
        return new PairEditor().turnOff(definition, nic);
    }

    @Override
    public List<Finding> lint(VmAddress vm) {
        VmLocation here = locator.locate(vm);
        return lint(here.host().definition(here.vm().name()), here.host());
    }

    @Override
    public List<VfRequirement> vfRequirements(VmAddress vm) {
        VmLocation here = locator.locate(vm, inventory.holders(vm));
        return VfRequirements.of(DomainView.of(here.host().definition(here.vm().name())), policies.current());
    }

    @Override
    public List<Finding> lint(String definition, Optional<HostName> host) {
        return new Linter().lint(definition, context(host.map(hosts::host)));
    }

    private List<Finding> lint(String definition, Host host) {
        return new Linter().lint(definition, context(Optional.of(host)));
    }

    @Override
    public PairChange fix(String definition, Optional<HostName> host) {
        return new Fixes().fix(definition, context(host.map(hosts::host)));
    }

    @Override
    public Subscription listen(Consumer<PairChanged> listener) {
        return health.listen(listener);
    }

    private LintContext context(Optional<Host> host) {
        LintContext context = LintContext.of(policies.current(), host.map(Host::facts));
        return host.map(known -> context.withVfs(nics.of(known.name()))
                        .withMacUsers(nics.macUsers(known.name()))
                        .withMacUsers(health.macUsers(known)))
                .orElse(context);
    }

    /** Serializes the changes of a VM, because each starts from the stored result of the one before. */
    private PairChange change(VmAddress vm, BiFunction<Host, String, PairChange> plan) {
        migrationLock.requireNoMigration(vm);
        UUID uuid = locator.locate(vm).vm().uuid();
        return changes.call(uuid, () -> changeLocked(vm, plan));
    }

    /** Locates the VM again: it may have been migrated while this change waited for another one. */
    private PairChange changeLocked(VmAddress vm, BiFunction<Host, String, PairChange> plan) {
        migrationLock.requireNoMigration(vm);
        VmLocation here = locator.locate(vm);
        PairChange change;
        Subscription work = hosts.hold(here.host(), "the pair change of VM " + vm);
        try (work) {
            change = change(here, plan);
        }
        if (change.changed()) {
            inventory.refresh(here.host().name(), here.vm().name());
        }
        return change;
    }

    private PairChange change(VmLocation here, BiFunction<Host, String, PairChange> plan) {
        String before = here.host().definition(here.vm().name());
        PairChange planned = plan.apply(here.host(), before);
        if (!planned.changed() || Finding.anyBlocking(planned.findings())) {
            return new PairChange(false, Effect.NONE, planned.findings(), before);
        }
        LintContext context = context(Optional.of(here.host()));
        Function<String, List<Finding>> rules = text -> new Linter().lint(text, context);
        List<Finding> findings = new ArrayList<>(planned.findings());
        findings.addAll(newFindings(before, planned.definition(), text -> check(text, rules, here.host())));
        if (Finding.anyBlocking(findings)) {
            return new PairChange(false, Effect.NONE, List.copyOf(findings), before);
        }
        findings.addAll(new VerifiedDefine(here.host(), rules).define(planned.definition(), Optional.of(before)));
        if (Finding.anyBlocking(findings)) {
            return new PairChange(false, Effect.NONE, List.copyOf(findings), before);
        }
        Effect effect = planned.effect() == Effect.NONE
                ? Effect.NONE
                : liveChange.apply(here, DomainView.of(before), DomainView.of(planned.definition()), findings::add);
        return new PairChange(true, effect, List.copyOf(findings), planned.definition());
    }

    /** The findings of the rules and of the host. */
    private static List<Finding> check(String definition, Function<String, List<Finding>> rules, Host host) {
        List<Finding> findings = new ArrayList<>(rules.apply(definition));
        findings.addAll(host.check(definition));
        return findings;
    }

    /** The findings of the new definition that the former one does not have. */
    private static List<Finding> newFindings(String before, String after, Function<String, List<Finding>> check) {
        List<Finding> findings = new ArrayList<>(check.apply(after));
        findings.removeAll(check.apply(before));
        return findings;
    }
}
