// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Map;
import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.PairXml;
import org.understudy.api.xml.XmlElement;

/** Inserts leased VFs into a definition that leaves the choice to a pool. */
public final class AssignedVfs {
    private AssignedVfs() {}

    /** Turns the {@code <interface type='network'>} of each leased VF into one of type hostdev. */
    public static String put(String definition, Map<Alias, PciAddress> vfs) {
        DomainDocument document = DomainDocument.parse(definition);
        Edits edits = new Edits(document);
        for (XmlElement nic : document.nics()) {
            vf(nic, vfs).ifPresent(vf -> put(edits, nic, vf));
        }
        return edits.isEmpty() ? definition : edits.apply();
    }

    private static Optional<PciAddress> vf(XmlElement nic, Map<Alias, PciAddress> vfs) {
        return PairXml.name(nic).flatMap(name -> Optional.ofNullable(vfs.get(name)));
    }

    private static void put(Edits edits, XmlElement nic, PciAddress vf) {
        if (!nic.attributeOr("type", "").equals("network")) {
            return;
        }
        edits.attribute(nic, "type", "hostdev");
        // The lease binds the VF to vfio-pci, and its release restores the driver.
        edits.attribute(nic, "managed", "no");
        nic.child("source")
                .ifPresent(source ->
                        edits.replace(source.start(), source.end(), "<source>" + LibvirtXml.of(vf) + "</source>"));
    }
}
