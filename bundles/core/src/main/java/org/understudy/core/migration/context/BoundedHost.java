// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.MigrationId;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNetwork;
import org.understudy.api.spi.GuestNic;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.MigrationPhase;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;

/**
 * A host whose queries block no longer than a deadline. Commands that take longer are passed on unchanged: {@link
 * DeadlineCall} gives them the deadline of their step.
 */
record BoundedHost(Host host, BoundedCalls calls) implements Host {
    private <T> T query(String what, Supplier<T> hostCall) {
        return calls.call(host.name(), what, hostCall);
    }

    @Override
    public HostName name() {
        return host.name();
    }

    @Override
    public HostFacts facts() {
        return query("read the facts of the host", host::facts);
    }

    @Override
    public List<Finding> examine() {
        return query("examine the host", host::examine);
    }

    @Override
    public List<HostedVm> vms() {
        return query("list the VMs", host::vms);
    }

    @Override
    public Optional<HostedVm> find(VmName vm) {
        return query("find VM " + vm, () -> host.find(vm));
    }

    @Override
    public String definition(VmName vm) {
        return query("read the definition of VM " + vm, () -> host.definition(vm));
    }

    @Override
    public Optional<String> liveDefinition(VmName vm) {
        return query("read the live definition of VM " + vm, () -> host.liveDefinition(vm));
    }

    @Override
    public List<Finding> check(String definition) {
        return query("check a definition", () -> host.check(definition));
    }

    @Override
    public HostedVm define(String definition) {
        return host.define(definition);
    }

    @Override
    public void undefine(VmName vm) {
        host.undefine(vm);
    }

    @Override
    public void start(VmName vm, Map<Alias, PciAddress> assignedVfs) {
        host.start(vm, assignedVfs);
    }

    @Override
    public void shutdown(VmName vm) {
        host.shutdown(vm);
    }

    @Override
    public void destroy(VmName vm) {
        host.destroy(vm);
    }

    @Override
    public void reset(VmName vm) {
        host.reset(vm);
    }

    @Override
    public void pause(VmName vm) {
        host.pause(vm);
    }

    @Override
    public void resume(VmName vm) {
        host.resume(vm);
    }

    @Override
    public PrimaryPresence primaryPresence(VmName vm, Alias primary) {
        return query("query " + primary + " of VM " + vm, () -> host.primaryPresence(vm, primary));
    }

    @Override
    public Optional<Boolean> standbyNegotiated(VmName vm, Alias standby) {
        return query("query " + standby + " of VM " + vm, () -> host.standbyNegotiated(vm, standby));
    }

    @Override
    public Optional<List<GuestNic>> guestNics(VmName vm) {
        return query("query the NICs in the guest of VM " + vm, () -> host.guestNics(vm));
    }

    @Override
    public Optional<GuestNetwork> guestNetwork(VmName vm) {
        return query("query the network in the guest of VM " + vm, () -> host.guestNetwork(vm));
    }

    @Override
    public List<Finding> whyWithout(VmName vm, Alias primary) {
        return query("query why VM " + vm + " lacks " + primary, () -> host.whyWithout(vm, primary));
    }

    @Override
    public void plugPrimary(VmName vm, Alias primary, Optional<PciAddress> assignedVf) {
        host.plugPrimary(vm, primary, assignedVf);
    }

    @Override
    public void unplugPrimary(VmName vm, Alias primary) {
        host.unplugPrimary(vm, primary);
    }

    @Override
    public IncomingMigration prepareIncoming(IncomingRequest request) {
        return new Incoming(request.vm(), host.prepareIncoming(request));
    }

    @Override
    public OutgoingMigration startOutgoing(OutgoingRequest request) {
        return new Outgoing(request.vm(), host.startOutgoing(request));
    }

    @Override
    public Optional<IncomingMigration> incoming(VmName vm) {
        return query("query the incoming migration of VM " + vm, () -> host.incoming(vm))
                .map(end -> new Incoming(vm, end));
    }

    @Override
    public Optional<OutgoingMigration> outgoing(VmName vm) {
        return query("query the outgoing migration of VM " + vm, () -> host.outgoing(vm))
                .map(end -> new Outgoing(vm, end));
    }

    @Override
    public Subscription subscribe(Consumer<HostEvent> consumer) {
        return calls.call(host.name(), "subscribe to events", () -> host.subscribe(consumer), Subscription::close);
    }

    @Override
    public boolean marksQueriedVms() {
        return host.marksQueriedVms();
    }

    @Override
    public Optional<String> outage() {
        return host.outage();
    }

    @Override
    public Subscription listenForOutages(Runnable changed) {
        return host.listenForOutages(changed);
    }

    @Override
    public void close() {
        host.close();
    }

    private final class Incoming implements IncomingMigration {
        private final VmName vm;
        private final IncomingMigration end;

        Incoming(VmName vm, IncomingMigration end) {
            this.vm = vm;
            this.end = end;
        }

        @Override
        public String uri() {
            return end.uri();
        }

        @Override
        public MigrationPhase phase() {
            return query("query the incoming migration of VM " + vm, end::phase);
        }

        @Override
        public void accept() {
            end.accept();
        }

        @Override
        public void abort() {
            end.abort();
        }
    }

    private final class Outgoing implements OutgoingMigration {
        private final VmName vm;
        private final OutgoingMigration end;

        Outgoing(VmName vm, OutgoingMigration end) {
            this.vm = vm;
            this.end = end;
        }

        @Override
        public Optional<MigrationId> migration() {
            return query("query the outgoing migration of VM " + vm, end::migration);
        }

        @Override
        public MigrationProgress progress() {
            return query("query the outgoing migration of VM " + vm, end::progress);
        }

        @Override
        public boolean switchesByItself() {
            return end.switchesByItself();
        }

        @Override
        public void continueToSwitch() {
            calls.run(host.name(), "switch VM " + vm, end::continueToSwitch);
        }

        @Override
        public void cancel() {
            calls.run(host.name(), "cancel the migration of VM " + vm, end::cancel);
        }

        @Override
        public void resumeOnSource() {
            calls.run(host.name(), "resume VM " + vm, end::resumeOnSource);
        }

        @Override
        public void finish() {
            end.finish();
        }
    }
}
