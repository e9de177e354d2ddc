// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.lifecycle;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
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
import org.understudy.api.UnderstudyException;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.core.concurrent.FanOut;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.lint.LintContext;
import org.understudy.core.definition.lint.Linter;
import org.understudy.core.definition.lint.NicFacts;
import org.understudy.core.health.PairHealthTracker;
import org.understudy.core.inventory.HostRegistry;
import org.understudy.core.inventory.MigrationLock;
import org.understudy.core.inventory.VmLocation;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.vf.VfLeaseController;

/** Shows and drives the VMs of all hosts. */
@Component
public final class VirtualMachineService implements VirtualMachines {
    private static final Set<VmState> OFF = EnumSet.of(VmState.SHUTOFF);
    private static final Set<VmState> NOT_OFF = EnumSet.of(VmState.RUNNING, VmState.PAUSED, VmState.UNKNOWN);

    private final HostRegistry hosts;
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
            @Reference VmLocator locator,
            @Reference Policies policies,
            @Reference PairHealthTracker health,
            @Reference Migrations migrations,
            @Reference VfLeaseController vfs,
            @Reference NicFacts nics) {
        this.hosts = hosts;
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
        return hosts.views();
    }

    @Override
    public List<Vm> list() {
        Map<HostName, List<VmLocation>> perHost = locator.survey().claims().values().stream()
                .flatMap(claims -> VmLocator.authoritative(claims).stream())
                .collect(Collectors.groupingBy(location -> location.host().name()));
        return FanOut.call(
                        List.copyOf(perHost.values()),
                        on -> on.stream().map(views::tolerant).toList())
                .stream()
                .flatMap(List::stream)
                .sorted(Comparator.comparing(Vm::name).thenComparing(Vm::host))
                .toList();
    }

    @Override
    public Vm show(VmName vm) {
        return views.of(locator.locate(vm));
    }

    @Override
    public Vm examine(VmName vm) {
        return views.withGuest(locator.locate(vm));
    }

    @Override
    public String definition(VmName vm) {
        return locator.locate(vm).host().definition(vm);
    }

    @Override
    public List<Finding> define(HostName name, String definition) {
        Host host = hosts.host(name);
        DomainView view = DomainView.of(definition);
        migrationLock.requireNoMigration(view.name());
        VmLocator.Survey survey = locator.survey(view.name());
        requireFree(view, name, survey);
        LintContext context = LintContext.of(policies.current(), Optional.of(host.facts()))
                .knowing(nics.of(name))
                .besides(nics.macUsers(name))
                .besides(views.health().macUsers(host));
        List<Finding> findings = new ArrayList<>(survey.unansweredFindings(view.name()));
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
            throw new UnderstudyException("VM '" + view.name() + "' was not defined", findings);
        }
    }

    /**
     * A definition may only take the place of one with the same name and UUID on the same host. Another host that gives no
     * answer does not block it, as it does not block a start; see {@link SplitBrainGuard}.
     */
    private static void requireFree(DomainView view, HostName name, VmLocator.Survey survey) {
        survey.unanswered().stream()
                .filter(s -> s.host().equals(name))
                .findFirst()
                .ifPresent(s -> {
                    throw s.failure(view.name());
                });
        survey.claims().getOrDefault(view.name(), List.of()).stream()
                .filter(l -> !l.host().name().equals(name) || !view.uuid().equals(Optional.of(l.vm().uuid())))
                .findFirst()
                .ifPresent(l -> {
                    throw new UnderstudyException(
                            ErrorCode.VM_EXISTS,
                            "VM '" + view.name() + "' exists on " + l.host().name() + " with UUID " + l.vm().uuid());
                });
    }

    @Override
    public void undefine(VmName vm) {
        act("undefine", vm, OFF, here -> here.host().undefine(vm));
    }

    @Override
    public void start(VmName name) {
        act("start", name, OFF, (here, survey) -> {
            splitBrainGuard.requireNoOther(here, survey);
            Host host = here.host();
            vfs.callWithLeases(
                    here, DomainView.of(host.definition(name)).pairs(), assigned -> host.start(name, assigned));
        });
    }

    @Override
    public void shutdown(VmName vm) {
        act("shut down", vm, NOT_OFF, here -> here.host().shutdown(vm));
    }

    @Override
    public void destroy(VmName vm) {
        act("destroy", vm, NOT_OFF, here -> here.host().destroy(vm));
    }

    @Override
    public void reset(VmName vm) {
        act("reset", vm, NOT_OFF, here -> here.host().reset(vm));
    }

    @Override
    public void pause(VmName vm) {
        act(
                "pause",
                vm,
                EnumSet.of(VmState.RUNNING, VmState.UNKNOWN),
                here -> here.host().pause(vm));
    }

    @Override
    public void resume(VmName name) {
        act("resume", name, EnumSet.of(VmState.PAUSED, VmState.UNKNOWN), (here, survey) -> {
            splitBrainGuard.requireNoOther(here, survey);
            here.host().resume(name);
        });
    }

    private void act(String verb, VmName vm, Set<VmState> fitting, Consumer<VmLocation> action) {
        act(verb, vm, fitting, (here, survey) -> action.accept(here));
    }

    private void act(String verb, VmName vm, Set<VmState> fitting, BiConsumer<VmLocation, VmLocator.Survey> action) {
        migrationLock.requireNoMigration(vm);
        VmLocator.Survey survey = locator.survey(vm);
        VmLocation here = survey.locate(vm);
        if (!fitting.contains(here.vm().state())) {
            throw new UnderstudyException(
                    ErrorCode.WRONG_VM_STATE,
                    "Cannot %s VM '%s': it is %s; it would have to be one of %s".formatted(verb, vm, here, fitting));
        }
        action.accept(here, survey);
    }
}
