// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.Host;
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
        return Optional.of(same.map(b -> b.in(vm)).orElseGet(() -> read(host, vm)));
    }

    /** @throws UnderstudyException {@link ErrorCode#HOST_UNAVAILABLE} */
    VmReading read(Host host, HostedVm vm) {
        VmReading unknown = VmReading.withoutDefinition(vm);
        if (vm.state() == VmState.INCOMING) {
            return unknown;
        }
        try {
            Host.VmDefinitions read = VmReading.isOn(vm)
                    ? host.definitions(vm.name())
                    : new Host.VmDefinitions(host.definition(vm.name()), Optional.empty());
            return new VmReading(
                    vm,
                    Optional.of(views.apply(read.configured())),
                    read.live().map(views),
                    read.configured().contains(DomainDocument.UNDERSTUDY));
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.HOST_UNAVAILABLE) {
                throw e;
            }
            LOG.warn("VM {} on host {}: listed without NICs: {}", vm.name(), host.name(), e.getMessage());
            return unknown;
        }
    }
}
