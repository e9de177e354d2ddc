// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.understudy.api.Alias;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.PairXml;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;

/** Adapts a definition to the destination of a migration. */
public final class DestinationDefinition {
    private DestinationDefinition() {}

    /**
     * Replaces the address of the VF of the source with that of the leased VF. A primary from a pool network stays as it
     * is.
     *
     * @param networks names of networks and bridges on the destination, by their names elsewhere
     */
    public static String adjust(String definition, Map<Alias, PciAddress> vfs, Map<String, String> networks) {
        DomainDocument document = DomainDocument.parse(definition);
        Edits edits = new Edits(document);
        Stream.concat(document.devices("interface").stream(), document.devices("hostdev").stream())
                .forEach(device -> PairXml.name(device)
                        .flatMap(name -> Optional.ofNullable(vfs.get(name)))
                        .ifPresent(vf -> PciXml.hostElement(device).ifPresent(address -> write(edits, address, vf))));
        document.devices("interface").stream()
                .flatMap(nic -> nic.child("source").stream())
                .forEach(source -> rename(edits, source, networks));
        return edits.isEmpty() ? definition : edits.apply();
    }

    private static void rename(Edits edits, XmlElement source, Map<String, String> networks) {
        for (String kind : List.of("network", "bridge")) {
            source.attribute(kind).map(networks::get).ifPresent(name -> edits.attribute(source, kind, name));
        }
    }

    /** Removes devices from a definition and keeps everything else. */
    public static String without(String definition, Set<Alias> devices) {
        DomainDocument document = DomainDocument.parse(definition);
        Edits edits = new Edits(document);
        document.nics().stream()
                .filter(nic -> PairXml.name(nic).filter(devices::contains).isPresent())
                .forEach(edits::remove);
        return edits.isEmpty() ? definition : edits.apply();
    }

    private static void write(Edits edits, XmlElement address, PciAddress vf) {
        edits.attribute(address, "domain", "0x%04x".formatted(vf.domain()));
        edits.attribute(address, "bus", "0x%02x".formatted(vf.bus()));
        edits.attribute(address, "slot", "0x%02x".formatted(vf.slot()));
        edits.attribute(address, "function", "0x%x".formatted(vf.function()));
    }
}
