// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.testing;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.understudy.api.Alias;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.HostFacts;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.spi.IncomingMigration;
import org.understudy.api.spi.IncomingRequest;
import org.understudy.api.spi.OutgoingMigration;
import org.understudy.api.spi.OutgoingRequest;
import org.understudy.api.spi.PrimaryPresence;
import org.understudy.core.definition.DomainView;

/** A host in memory that stores definitions and records its calls. It does not migrate. */
public final class FakeDefinitionHost implements Host {
    private final HostName name;
    private final Map<VmName, HostedVm> vms = new ConcurrentSkipListMap<>();
    private final Map<VmName, String> definitions = new ConcurrentHashMap<>();
    private final Map<VmName, String> live = new ConcurrentHashMap<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<Consumer<HostEvent>> listeners = new CopyOnWriteArrayList<>();
    private final List<Runnable> outageListeners = new CopyOnWriteArrayList<>();
    private volatile Optional<String> outage = Optional.empty();
    private volatile Runnable afterFind = () -> {};
    private final List<String> questions = new CopyOnWriteArrayList<>();
    private boolean hanging;
    private boolean undefineRefused;
    private boolean startRefused;
    private boolean plugRefused;
    private PrimaryPresence presence = PrimaryPresence.UNKNOWN;
    private UnaryOperator<String> storing = UnaryOperator.identity();
    private Set<String> networks = Set.of();
    private volatile Optional<Set<String>> known = Optional.empty();
    private String objectionable = "";
    private List<Finding> objections = List.of();
    private volatile Optional<RuntimeException> trouble = Optional.empty();
    private volatile Optional<RuntimeException> listTrouble = Optional.empty();
    private volatile Optional<RuntimeException> definitionTrouble = Optional.empty();
    private volatile Optional<RuntimeException> factsTrouble = Optional.empty();
    private volatile Runnable duringFacts = () -> {};

    public FakeDefinitionHost(String name) {
        this.name = new HostName(name);
    }

    /** A VM with one NIC on br0; the UUID is always the same. */
    public static String xml(String vm) {
        return """
            <domain type='kvm'>
              <name>%s</name>
              <uuid>00000000-0000-0001-0000-000000000002</uuid>
              <memory>131072</memory>
              <os><type arch='x86_64' machine='q35'>hvm</type></os>
              <devices>
                <interface type='bridge'>
                  <mac address='52:54:00:11:22:33'/>
                  <source bridge='br0'/>
                  <model type='virtio'/>
                </interface>
              </devices>
            </domain>
            """.formatted(vm);
    }

    /** The same with a VF of pool-a as primary. */
    public static String xmlWithVf(String vm) {
        return xml(vm).replace(
                        "<model type='virtio'/>",
                        "<model type='virtio'/><teaming type='persistent'/><alias name='ua-net'/>")
                .replace("</devices>", """
                    <interface type='network'><mac address='52:54:00:11:22:33'/><source network='pool-a'/>
                    <vlan><tag id='42'/></vlan>
                    <teaming type='transient' persistent='ua-net'/><alias name='ua-vf'/></interface>
                    </devices>\
                    """);
    }

    public FakeDefinitionHost with(String vm, VmState state) {
        define(xml(vm));
        vms.put(new VmName(vm), new HostedVm(new VmName(vm), new UUID(1, 2), state, ""));
        if (state != VmState.SHUTOFF) {
            live.put(new VmName(vm), xml(vm));
        }
        forget();
        return this;
    }

    /** Another VM, also of the same name as one of another host. */
    public FakeDefinitionHost with(String vm, UUID uuid, VmState state) {
        with(vm, state);
        String xml = xml(vm).replace("00000000-0000-0001-0000-000000000002", uuid.toString());
        definitions.put(new VmName(vm), xml);
        live.computeIfPresent(new VmName(vm), (n, old) -> xml);
        vms.put(new VmName(vm), new HostedVm(new VmName(vm), uuid, state, ""));
        return this;
    }

    /** From now on every read fails with this exception. */
    public void fail(RuntimeException e) {
        trouble = Optional.of(e);
    }

    /** From now on VMs cannot be listed, although the host knows its facts. */
    public void failVms(RuntimeException e) {
        listTrouble = Optional.of(e);
    }

    /** From now on definitions cannot be read. */
    public void failDefinitions(RuntimeException e) {
        definitionTrouble = Optional.of(e);
    }

    /** From now on facts cannot be read, although VMs can. */
    public void failFacts(RuntimeException e) {
        factsTrouble = Optional.of(e);
    }

    /** Sets what happens while the facts are read. */
    public void duringFacts(Runnable action) {
        duringFacts = action;
    }

    /** From now on every read blocks, until {@link #recover}. */
    public synchronized void hang() {
        hanging = true;
    }

    public synchronized void recover() {
        trouble = Optional.empty();
        hanging = false;
        notifyAll();
    }

    /** The reads, such as {@code find web1}. */
    public List<String> questions() {
        return List.copyOf(questions);
    }

    /** Clears the recorded calls. */
    public void forget() {
        questions.clear();
        calls.clear();
    }

    /** From now on QEMU does not start. */
    public void refuseStart() {
        startRefused = true;
    }

    /** From now on QEMU rejects devices. */
    public void refusePlug() {
        plugRefused = true;
    }

    /** From now on no definition can be removed. */
    public void refuseUndefine() {
        undefineRefused = true;
    }

    /** Sets the state of every primary in QEMU. */
    public void presence(PrimaryPresence other) {
        presence = other;
    }

    /** Makes the stored definition of the VM the live one. */
    public void restart(String vm) {
        VmName name = new VmName(vm);
        live.put(name, definitions.get(name));
    }

    /** The guest releases a device. */
    public void release(String vm, Alias device) {
        presence = PrimaryPresence.ABSENT;
        listeners.forEach(l -> l.accept(new HostEvent.DeviceGone(new VmName(vm), Instant.EPOCH, device)));
    }

    /** A VM ends by itself. */
    public void end(String vm) {
        endWithoutEvent(vm);
        listeners.forEach(l -> l.accept(new HostEvent.Stopped(new VmName(vm), Instant.EPOCH, "guest shutdown")));
    }

    /** A VM ends by itself, and its events are missed. */
    public void endMissed(String vm) {
        endWithoutEvent(vm);
        listeners.forEach(l -> l.accept(new HostEvent.EventsMissed(new VmName(vm), Instant.EPOCH)));
    }

    private void endWithoutEvent(String vm) {
        vms.computeIfPresent(new VmName(vm), (n, old) -> new HostedVm(n, old.uuid(), VmState.SHUTOFF, ""));
    }

    /** From now on changes definitions when it stores them. */
    public void store(UnaryOperator<String> otherwise) {
        storing = otherwise;
    }

    /** Sets the networks that hand out VFs. */
    public void networks(String... names) {
        networks = Set.of(names);
    }

    /** Sets the known networks. */
    public void knows(String... names) {
        known = Optional.of(Set.of(names));
    }

    /** Stores an edited definition and sends its event. */
    public void edit(String definition) {
        VmName vm = define(definition).name();
        listeners.forEach(l -> l.accept(new HostEvent.DefinitionChanged(vm, Instant.EPOCH)));
    }

    /** Another program removes a VM. */
    public void remove(String vm) {
        removeWithoutEvent(vm);
        listeners.forEach(l -> l.accept(new HostEvent.DefinitionChanged(new VmName(vm), Instant.EPOCH)));
    }

    public void removeWithoutEvent(String vm) {
        vms.remove(new VmName(vm));
        definitions.remove(new VmName(vm));
    }

    /** The connector notices that the host is lost. */
    public void lose(String why) {
        fail(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, why));
        outage = Optional.of(why);
        outageListeners.forEach(Runnable::run);
    }

    public void reconnect() {
        recover();
        outage = Optional.empty();
        outageListeners.forEach(Runnable::run);
    }

    /** Stores an edited definition, and its event is missed. */
    public void editMissed(String definition) {
        VmName vm = define(definition).name();
        listeners.forEach(l -> l.accept(new HostEvent.EventsMissed(vm, Instant.EPOCH)));
    }

    /** Returns these findings for every definition. */
    public void object(Finding... findings) {
        objectTo("", findings);
    }

    /** Returns these findings for every definition that contains a word. */
    public void objectTo(String word, Finding... findings) {
        objectionable = word;
        objections = List.of(findings);
    }

    public List<String> calls() {
        return List.copyOf(calls);
    }

    @Override
    public HostName name() {
        return name;
    }

    @Override
    public HostFacts facts() {
        answer("facts");
        factsTrouble.ifPresent(e -> {
            throw e;
        });
        duringFacts.run();
        return new HostFacts(
                "fake",
                "a fake",
                Optional.of(new HostFacts.Version(7, 2, 22)),
                Optional.empty(),
                Optional.of("tcg"),
                Set.of("q35"),
                Optional.empty(),
                Optional.empty(),
                known,
                networks,
                List.of());
    }

    private synchronized void answer(String question) {
        questions.add(question);
        while (hanging) {
            try {
                wait();
            } catch (InterruptedException e) {
                // Ignores the interrupt, as a call over a dead connection does.
                Thread.interrupted();
            }
        }
        trouble.ifPresent(e -> {
            throw e;
        });
    }

    @Override
    public List<HostedVm> vms() {
        answer("vms");
        listTrouble.ifPresent(e -> {
            throw e;
        });
        return List.copyOf(vms.values());
    }

    @Override
    public Optional<HostedVm> find(VmName vm) {
        answer("find " + vm);
        Optional<HostedVm> found = Optional.ofNullable(vms.get(vm));
        afterFind.run();
        return found;
    }

    /** Sets what runs within each find(), after the state was read. */
    public void afterFind(Runnable action) {
        afterFind = action;
    }

    @Override
    public String definition(VmName vm) {
        definitionTrouble.ifPresent(e -> {
            throw e;
        });
        return Optional.ofNullable(definitions.get(vm))
                .orElseThrow(() -> new UnderstudyException(ErrorCode.VM_NOT_FOUND, "No VM " + vm));
    }

    @Override
    public Optional<String> liveDefinition(VmName vm) {
        return Optional.ofNullable(live.get(vm));
    }

    @Override
    public List<Finding> check(String definition) {
        return definition.contains(objectionable) ? objections : List.of();
    }

    @Override
    public HostedVm define(String definition) {
        DomainView view = DomainView.of(definition);
        definitions.put(view.name(), storing.apply(definition));
        calls.add("define " + view.name());
        return vms.computeIfAbsent(view.name(), n -> new HostedVm(n, view.uuid().orElseThrow(), VmState.SHUTOFF, ""));
    }

    @Override
    public void undefine(VmName vm) {
        if (undefineRefused) {
            throw new UnderstudyException(ErrorCode.LIBVIRT_ERROR, "undefine failed");
        }
        calls.add("undefine " + vm);
    }

    @Override
    public void start(VmName vm, Map<Alias, PciAddress> assignedVfs) {
        if (startRefused) {
            throw new UnderstudyException(ErrorCode.QEMU_START_FAILED, "QEMU exited with 1");
        }
        calls.add("start " + vm + " " + assignedVfs);
        vms.computeIfPresent(vm, (n, old) -> new HostedVm(n, old.uuid(), VmState.RUNNING, ""));
    }

    @Override
    public void shutdown(VmName vm) {
        calls.add("shutdown " + vm);
    }

    @Override
    public void destroy(VmName vm) {
        calls.add("destroy " + vm);
    }

    @Override
    public void reset(VmName vm) {
        calls.add("reset " + vm);
    }

    @Override
    public void pause(VmName vm) {
        calls.add("pause " + vm);
    }

    @Override
    public void resume(VmName vm) {
        calls.add("resume " + vm);
    }

    @Override
    public PrimaryPresence primaryPresence(VmName vm, Alias primary) {
        return presence;
    }

    @Override
    public Optional<Boolean> standbyNegotiated(VmName vm, Alias standby) {
        return Optional.empty();
    }

    @Override
    public void plugPrimary(VmName vm, Alias primary, Optional<PciAddress> assignedVf) {
        if (plugRefused) {
            throw new UnderstudyException(ErrorCode.QMP_ERROR, "device_add failed");
        }
        calls.add("plug " + primary + assignedVf.map(vf -> " " + vf).orElse(""));
    }

    @Override
    public void unplugPrimary(VmName vm, Alias primary) {
        calls.add("unplug " + primary);
    }

    @Override
    public IncomingMigration prepareIncoming(IncomingRequest request) {
        throw new UnsupportedOperationException("this fake does not migrate");
    }

    @Override
    public OutgoingMigration startOutgoing(OutgoingRequest request) {
        throw new UnsupportedOperationException("this fake does not migrate");
    }

    @Override
    public Subscription subscribe(Consumer<HostEvent> consumer) {
        listeners.add(consumer);
        return () -> listeners.remove(consumer);
    }

    @Override
    public Optional<String> outage() {
        return outage;
    }

    @Override
    public Subscription listenForOutages(Runnable changed) {
        outageListeners.add(changed);
        return () -> outageListeners.remove(changed);
    }

    @Override
    public void close() {
        calls.add("close");
    }
}
