// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Host.VmDefinitions;
import org.understudy.api.spi.HostedVm;
import org.understudy.api.xml.DomainDocument;
import org.understudy.core.definition.DomainView;

/**
 * Reads VMs from their host. A VM whose definition cannot be read has none: it must not hide the others.
 *
 * @param views reads a definition
 */
record VmReader(Function<String, DomainView> views) {
    private static final Logger LOG = LoggerFactory.getLogger(VmReader.class);

    /**
     * Reads one VM.
     *
     * @param before the last reading; its definitions are kept if the VM has only been paused or resumed
     * @param definitions whether the definitions may have changed
     * @throws UnderstudyException if the host does not answer
     */
    Optional<VmReading> read(Host host, VmName name, Optional<VmReading> before, boolean definitions) {
        Optional<HostedVm> found = host.find(name);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        HostedVm vm = found.get();
        Optional<VmReading> same = before.filter(b -> !definitions
                && b.configured().isPresent()
                && b.vm().uuid().equals(vm.uuid())
                && b.isOn() == VmReading.isOn(vm));
        return Optional.of(
                same.map(b -> b.in(vm)).orElseGet(() -> read(host, List.of(vm)).get(vm.name())));
    }

    /**
     * Reads VMs of one host.
     *
     * @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE}
     */
    Map<VmName, VmReading> read(Host host, List<HostedVm> vms) {
        Map<VmName, VmDefinitions> definitions = definitions(host, vms);
        Map<VmName, VmReading> readings = new LinkedHashMap<>();
        vms.forEach(vm -> readings.put(vm.name(), read(host, vm, Optional.ofNullable(definitions.get(vm.name())))));
        return readings;
    }

    private static Map<VmName, VmDefinitions> definitions(Host host, List<HostedVm> vms) {
        List<VmName> readable = vms.stream()
                .filter(vm -> vm.state() != VmState.INCOMING)
                .map(HostedVm::name)
                .toList();
        try {
            return readable.isEmpty() ? Map.of() : host.definitions(readable);
        } catch (UnderstudyException e) {
            requireHost(e);
            LOG.debug("Host {}: definitions are read one by one: {}", host.name(), e.getMessage());
            return Map.of();
        }
    }

    private VmReading read(Host host, HostedVm vm, Optional<VmDefinitions> known) {
        VmReading unknown = VmReading.withoutDefinition(vm);
        if (vm.state() == VmState.INCOMING) {
            return unknown;
        }
        try {
            VmDefinitions read = known.orElseGet(() -> definitions(host, vm));
            DomainView same = new DomainView(vm.name(), Optional.of(vm.uuid()), List.of(), List.of());
            DomainView configured = views.apply(read.configured()).sharing(same);
            return new VmReading(
                    vm,
                    Optional.of(configured),
                    read.live().filter(xml -> VmReading.isOn(vm)).map(views).map(live -> live.sharing(configured)),
                    read.configured().contains(DomainDocument.UNDERSTUDY));
        } catch (UnderstudyException e) {
            requireHost(e);
            LOG.warn("VM {} on host {}: listed without NICs: {}", vm.name(), host.name(), e.getMessage());
            return unknown;
        }
    }

    private static VmDefinitions definitions(Host host, HostedVm vm) {
        return new VmDefinitions(
                host.definition(vm.name()), VmReading.isOn(vm) ? host.liveDefinition(vm.name()) : Optional.empty());
    }

    private static void requireHost(UnderstudyException e) {
        if (e.code() == ErrorCode.HOST_UNAVAILABLE) {
            throw e;
        }
    }
}
