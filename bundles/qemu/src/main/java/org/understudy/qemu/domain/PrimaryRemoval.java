// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.understudy.api.Alias;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.PairXml;
import org.understudy.api.xml.XmlElement;

/**
 * Removes a primary that QEMU no longer has from the definition of its running VM, as libvirt does. The destination of a
 * migration allocates PCI addresses from that definition, so no other device may move.
 */
public final class PrimaryRemoval {
    private PrimaryRemoval() {}

    /**
     * {@return the live definition without the primary; empty if it has no such primary, if the stored definition still has
     * it, or if another device would move}
     *
     * @param live the definition of the running VM
     * @param stored the definition for the next start
     */
    public static Optional<String> from(String live, String stored, Alias primary) {
        DomainDocument document = DomainDocument.parse(live);
        Optional<XmlElement> device = PairXml.nic(document, primary)
                .filter(nic -> PairXml.nameAfterStandby(nic).isPresent());
        if (device.isEmpty()
                || PairXml.nic(DomainDocument.parse(stored), primary).isPresent()) {
            return Optional.empty();
        }
        String without = new Edits(document).remove(device.get()).apply();
        Domain before = DefinitionReader.read(live).domain();
        Domain after = DefinitionReader.read(without).domain();
        return movesNone(before, after, primary) ? Optional.of(without) : Optional.empty();
    }

    private static boolean movesNone(Domain before, Domain after, Alias primary) {
        PciAddressAllocator former = PciAddressAllocator.of(before);
        PciAddressAllocator next = PciAddressAllocator.of(after);
        List<Device> kept = before.devices().stream()
                .filter(device -> !device.id().equals(primary.value()))
                .toList();
        return former.ports().equals(next.ports())
                && kept.size() == after.devices().size()
                && IntStream.range(0, kept.size())
                        .allMatch(i -> Objects.equals(
                                former.address(kept.get(i).id()),
                                next.address(after.devices().get(i).id())));
    }
}
