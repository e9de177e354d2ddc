// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationOptions;
import org.understudy.api.Migrations;
import org.understudy.api.PciAddress;
import org.understudy.api.Policies;
import org.understudy.api.Subscription;
import org.understudy.api.VmAddress;
import org.understudy.api.spi.Hosts;
import org.understudy.api.spi.VfPools;
import org.understudy.api.xml.MigrationMark;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.core.definition.DomainView;
import org.understudy.core.definition.UnpairedDevice;
import org.understudy.core.definition.edit.DestinationDefinition;
import org.understudy.core.definition.lint.LintContext;
import org.understudy.core.definition.lint.Linter;
import org.understudy.core.inventory.InventoryService;
import org.understudy.core.inventory.VmLocator;
import org.understudy.core.migration.context.Definitions;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.MigrationTimings;
import org.understudy.core.migration.context.UnplugGuard;
import org.understudy.core.probe.GapProbes;

/** Assembles {@link MigrationService} from the services of this server. */
@Component(service = Migrations.class, immediate = true)
public final class MigrationComponent implements Migrations {
    private final AtomicReference<Optional<VfPools>> pools = new AtomicReference<>(Optional.empty());
    /** Never shut down: a call that hangs when this server stops may outlive it, and its late result is rolled back. */
    private final ExecutorService threads;

    private final MigrationService service;

    /** Starts the recovery of migrations that were running when the server stopped. */
    @Activate
    public MigrationComponent(
            BundleContext bundle,
            @Reference Hosts hosts,
            @Reference VmLocator locator,
            @Reference InventoryService inventory,
            @Reference Policies policies,
            @Reference GapProbes probes) {
        MigrationJournal journal = new MigrationJournal(folder(bundle));
        Scheduler scheduler = SystemScheduler.process();
        threads = scheduler.blockingPool("understudy-migration");
        service = new MigrationService(
                hosts,
                locator::locate,
                policies,
                new MigrationServices(
                        definitions(),
                        (definition, source, destination) -> new Linter()
                                .lint(definition, LintContext.ofMove(policies.current(), source, destination)),
                        pools::get,
                        probes,
                        new UnplugGuard(journal, scheduler),
                        journal,
                        MigrationTimings.usual(),
                        inventory::refresh,
                        scheduler,
                        threads));
    }

    private static Path folder(BundleContext bundle) {
        return Optional.ofNullable(bundle.getProperty("karaf.data"))
                .map(data -> Path.of(data, "understudy", "migrations"))
                .orElseGet(() -> bundle.getDataFile("migrations").toPath());
    }

    private static Definitions definitions() {
        return new Definitions() {
            @Override
            public DomainView view(String definition) {
                return DomainView.of(definition);
            }

            @Override
            public List<UnpairedDevice> unpaired(String definition, Set<String> vfNetworks) {
                return UnpairedDevice.of(definition, vfNetworks);
            }

            @Override
            public String without(String definition, Set<Alias> devices) {
                return DestinationDefinition.without(definition, devices);
            }

            @Override
            public String adjust(String definition, Map<Alias, PciAddress> assignedVfs, Map<String, String> networks) {
                return DestinationDefinition.adjust(definition, assignedVfs, networks);
            }

            @Override
            public String marked(String liveDefinition, MigrationId id) {
                return MigrationMark.set(liveDefinition, id);
            }

            @Override
            public String unmarked(String definition) {
                return MigrationMark.remove(definition);
            }

            @Override
            public Optional<MigrationId> mark(String liveDefinition) {
                return MigrationMark.of(liveDefinition);
            }
        };
    }

    @Reference(
            cardinality = ReferenceCardinality.OPTIONAL,
            policy = ReferencePolicy.DYNAMIC,
            policyOption = ReferencePolicyOption.GREEDY)
    void setPools(VfPools served) {
        pools.set(Optional.of(served));
    }

    void unsetPools(VfPools served) {
        pools.updateAndGet(now -> now.filter(p -> p != served));
    }

    @Deactivate
    public void close() {
        service.close();
    }

    @Override
    public List<Finding> findings() {
        return service.findings();
    }

    @Override
    public List<Finding> preflight(VmAddress vm, HostName destination, MigrationOptions options) {
        return service.preflight(vm, destination, options);
    }

    @Override
    public Migration start(VmAddress vm, HostName destination, MigrationOptions options) {
        return service.start(vm, destination, options);
    }

    @Override
    public Migration cancel(MigrationId id) {
        return service.cancel(id);
    }

    @Override
    public Migration show(MigrationId id) {
        return service.show(id);
    }

    @Override
    public List<Migration> list() {
        return service.list();
    }

    @Override
    public Migration await(MigrationId id, Duration limit) {
        return service.await(id, limit);
    }

    @Override
    public Subscription listen(Consumer<Migration> listener) {
        return service.listen(listener);
    }
}
