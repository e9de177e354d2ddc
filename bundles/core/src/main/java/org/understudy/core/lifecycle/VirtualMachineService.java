// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lifecycle;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Migrations;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmAddress;
import org.understudy.api.VmInventory;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.lint.LintContext;
import org.understudy.core.definition.lint.Linter;
import org.understudy.core.definition.lint.MaskedPasswords;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.vf.VfLeaseController;

/** Lists and controls the VMs of all hosts. */
@Component
public final class VirtualMachineService implements VirtualMachines {
    private static final Set<VmState> OFF = EnumSet.of(VmState.SHUTOFF);
    private static final Set<VmState> ACTIVE = EnumSet.of(VmState.RUNNING, VmState.PAUSED, VmState.UNKNOWN);

    private final HostRegistry hosts;
    private final InventoryService inventory;
    private final Policies policies;
    private final VmLocator locator;
    private final VmViewBuilder views;
    private final MigrationLock migrationLock;
    private final SplitBrainGuard splitBrainGuard;
    private final VfLeaseController vfs;
    private final NicFacts nics;

    @Activate
    public VirtualMachineService(
            @Reference HostRegistry hosts,
            @Reference InventoryService inventory,
            @Reference VmLocator locator,
            @Reference Policies policies,
            @Reference PairHealthTracker health,
            @Reference Migrations migrations,
            @Reference VfLeaseController vfs,
            @Reference NicFacts nics) {
        this.hosts = hosts;
        this.inventory = inventory;
        this.policies = policies;
        this.locator = locator;
        this.views = new VmViewBuilder(health);
        this.migrationLock = new MigrationLock(migrations);
        this.splitBrainGuard = new SplitBrainGuard(migrations);
        this.vfs = vfs;
        this.nics = nics;
    }

    @Override
    public List<HostView> hosts() {
        return inventory.hosts();
    }

    @Override
    public VmInventory list() {
        return inventory.list();
    }

    @Override
    public Vm show(VmAddress vm) {
        return views.of(located(vm));
    }

    @Override
    public Vm examine(VmAddress vm) {
        return views.withGuest(located(vm));
    }

    @Override
    public String definition(VmAddress vm) {
        VmLocation here = located(vm);
        return here.host().definition(here.vm().name());
    }

    /** Asks only the hosts that are known to hold the VM; a command asks all. */
    private VmLocation located(VmAddress vm) {
        return locator.locate(vm, inventory.holders(vm));
    }

    @Override
    public List<Finding> define(HostName name, String definition) {
        Host host = hosts.host(name);
        DomainView view = DomainView.of(definition);
        Subscription work = hosts.hold(host, "the command to define VM " + view.name());
        try (work) {
            return define(host, view, definition);
        } finally {
            inventory.refresh(host.name(), view.name());
        }
    }

    private List<Finding> define(Host host, DomainView view, String definition) {
        HostName name = host.name();
        migrationLock.requireNoMigration(new VmOnHost(name, view.name().value()));
        VmLocator.Survey survey = locator.survey(view.name());
        requireFree(view, name, survey);
        LintContext context = LintContext.of(policies.current(), Optional.of(host.facts()))
                .withVfs(nics.of(name))
                .withMacUsers(nics.macUsers(name))
                .withMacUsers(views.health().macUsers(host));
        List<Finding> findings = new ArrayList<>(survey.unansweredFindings(view.name()));
        findings.addAll(MaskedPasswords.of(definition));
        findings.addAll(new Linter().lint(definition, context));
        findings.addAll(host.check(definition));
        requireNoError(view, findings);
        Optional<String> before = host.find(view.name()).map(vm -> host.definition(vm.name()));
        findings.addAll(new VerifiedDefine(host, text -> new Linter().lint(text, context)).define(definition, before));
        requireNoError(view, findings);
        return List.copyOf(findings);
    }

    private static void requireNoError(DomainView view, List<Finding> findings) {
        if (Finding.anyBlocking(findings)) {
            throw new UnderstudyException("VM " + view.name() + " was not defined", findings);
        }
    }

    /**
     * A definition may only replace one with the same name and UUID on the same host. A new VM needs a name that no host has; one
     * that shares its name with a VM of another host may be changed. Another host that does not respond does not block it, just
     * as it does not block a start; see {@link SplitBrainGuard}.
     */
    private static void requireFree(DomainView view, HostName name, VmLocator.Survey survey) {
        survey.unanswered().stream()
                .filter(s -> s.host().equals(name))
                .findFirst()
                .ifPresent(s -> {
                    throw s.failure(view.name());
                });
        List<VmLocation> claims = survey.claims().getOrDefault(view.name(), List.of());
        Predicate<VmLocation> isHere = l -> l.host().name().equals(name);
        Predicate<VmLocation> isSame = l -> view.uuid().equals(Optional.of(l.vm().uuid()));
        boolean replaces = claims.stream().anyMatch(isHere.and(isSame));
        claims.stream()
                .filter(replaces ? isSame.and(isHere.negate()) : l -> true)
                .findFirst()
                .ifPresent(l -> {
                    throw new UnderstudyException(
                            ErrorCode.VM_EXISTS,
                            "VM " + view.name() + " already exists on host "
                                    + l.host().name() + " with UUID " + l.vm().uuid());
                });
    }

    @Override
    public void undefine(VmAddress vm) {
        run("undefine", vm, OFF, here -> here.host().undefine(here.vm().name()));
    }

    @Override
    public void start(VmAddress vm) {
        run("start", vm, OFF, (here, survey) -> {
            splitBrainGuard.requireNotElsewhere(here, survey);
            Host host = here.host();
            VmName name = here.vm().name();
            vfs.callWithLeases(
                    here, DomainView.of(host.definition(name)).pairs(), assigned -> host.start(name, assigned));
        });
    }

    @Override
    public void shutdown(VmAddress vm) {
        run("shut down", vm, ACTIVE, here -> here.host().shutdown(here.vm().name()));
    }

    @Override
    public void destroy(VmAddress vm) {
        run("destroy", vm, ACTIVE, here -> here.host().destroy(here.vm().name()));
    }

    @Override
    public void reset(VmAddress vm) {
        run("reset", vm, ACTIVE, here -> here.host().reset(here.vm().name()));
    }

    @Override
    public void pause(VmAddress vm) {
        run(
                "pause",
                vm,
                EnumSet.of(VmState.RUNNING, VmState.UNKNOWN),
                here -> here.host().pause(here.vm().name()));
    }

    @Override
    public void resume(VmAddress vm) {
        run("resume", vm, EnumSet.of(VmState.PAUSED, VmState.UNKNOWN), (here, survey) -> {
            splitBrainGuard.requireNotElsewhere(here, survey);
            here.host().resume(here.vm().name());
        });
    }

    private void run(String verb, VmAddress vm, Set<VmState> allowed, Consumer<VmLocation> action) {
        run(verb, vm, allowed, (here, survey) -> action.accept(here));
    }

    private void run(String verb, VmAddress vm, Set<VmState> allowed, BiConsumer<VmLocation, VmLocator.Survey> action) {
        migrationLock.requireNoMigration(vm);
        VmLocator.Survey survey = locator.survey(vm);
        VmLocation here = survey.locate(vm);
        if (!allowed.contains(here.vm().state())) {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "Cannot %s VM %s: it is %s on host %s; required state: %s"
                            .formatted(
                                    verb,
                                    vm,
                                    text(here.vm().state()),
                                    here.host().name(),
                                    text(allowed)));
        }
        Subscription work = hosts.hold(here.host(), "the command to " + verb + " VM " + vm);
        try (work) {
            action.accept(here, survey);
        } finally {
            inventory.refresh(here.host().name(), here.vm().name());
        }
    }

    /** Without {@link VmState#UNKNOWN}, which is allowed but cannot be required. */
    private static String text(Set<VmState> states) {
        return states.stream()
                .filter(state -> state != VmState.UNKNOWN)
                .map(VirtualMachineService::text)
                .collect(Collectors.joining(" or "));
    }

    private static String text(VmState state) {
        return state == VmState.SHUTOFF ? "shut off" : state.name().toLowerCase(Locale.ROOT);
    }
}
