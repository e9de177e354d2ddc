// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.understudy.api.Alias;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.PairXml;

/**
 * Aliases such as hostdev0 that libvirt gives to primaries without one for one run of a VM; they are QEMU's device ids. All
 * other parts of Understudy know these primaries by {@link PairXml#name}.
 */
public final class RuntimeAliases {
    private final Function<VmName, Optional<String>> running;
    /** Names by alias; kept while the primary is unplugged, and no longer in the definition. */
    private final Map<VmName, Map<Alias, Alias>> names = new ConcurrentHashMap<>();

    /** @param running the definition of a running VM with all its aliases; empty if the VM is shut off */
    public RuntimeAliases(Function<VmName, Optional<String>> running) {
        this.running = running;
    }

    /** The alias of a primary in this run. */
    Alias deviceOf(VmName vm, Alias primary) {
        if (!PairXml.isAfterStandby(primary)) {
            return primary;
        }
        Optional<DomainDocument> document = running.apply(vm).map(DomainDocument::parse);
        Optional<Alias> current = document.flatMap(d -> PairXml.nic(d, primary)).flatMap(nic -> PairXml.name(nic));
        current.ifPresent(alias -> store(vm, alias, primary));
        return current.or(() -> earlier(vm, primary).filter(alias -> !isTaken(document, alias)))
                .orElse(primary);
    }

    /** A primary has one alias at a time: libvirt gives its former one to another device. */
    private void store(VmName vm, Alias current, Alias primary) {
        Map<Alias, Alias> known = names.computeIfAbsent(vm, v -> new ConcurrentHashMap<>());
        known.entrySet()
                .removeIf(entry ->
                        entry.getValue().equals(primary) && !entry.getKey().equals(current));
        if (!current.equals(primary)) {
            known.put(current, primary);
        }
    }

    private Optional<Alias> earlier(VmName vm, Alias primary) {
        return names.getOrDefault(vm, Map.of()).entrySet().stream()
                .filter(known -> known.getValue().equals(primary))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** libvirt gives the alias of an unplugged device to the next one. */
    private static boolean isTaken(Optional<DomainDocument> document, Alias alias) {
        return document.stream()
                .flatMap(d -> d.devices().stream())
                .anyMatch(device -> device.childAttribute("alias", "name").equals(Optional.of(alias.value())));
    }

    /** The name of a device; its alias if it is no primary, or has not been asked for in this run. */
    public Alias nameOf(VmName vm, Alias device) {
        return names.getOrDefault(vm, Map.of()).getOrDefault(device, device);
    }

    /** Applies an event: the next run has other aliases, and may have begun unnoticed. */
    public void update(HostEvent event) {
        if (event instanceof HostEvent.Stopped || event instanceof HostEvent.EventsMissed) {
            names.remove(event.vm());
        }
    }
}
