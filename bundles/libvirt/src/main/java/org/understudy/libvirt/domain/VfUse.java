// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Optional;
import java.util.OptionalLong;
import org.understudy.api.Alias;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.MemoryXml;
import org.understudy.api.xml.PairXml;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;

/**
 * Use of a VF by a running VM, as libvirt lists it.
 *
 * @param vf the VF; empty if it lists none
 * @param blockedByAppArmor whether AppArmor confines the VM with a profile that lacks this VF: libvirt adds the devices of
 *     the definition, not those of a network
 * @param memoryLimitTooLow whether the memory limit is below what VFIO locks
 */
public record VfUse(Optional<PciAddress> vf, boolean blockedByAppArmor, boolean memoryLimitTooLow) {

    public static VfUse of(String live, String configured, Alias primary) {
        DomainDocument document = DomainDocument.parse(live);
        boolean confined = document.root().children("seclabel").stream()
                .anyMatch(label -> label.attributeOr("model", "").equals("apparmor")
                        && !label.attributeOr("type", "").equals("none"));
        boolean unnamed = PairXml.nic(DomainDocument.parse(configured), primary)
                .filter(nic -> nic.attributeOr("type", "").equals("network"))
                .isPresent();
        return new VfUse(
                PairXml.nic(document, primary).flatMap(PciXml::hostAddress),
                confined && unnamed,
                isTooLow(document.root()));
    }

    private static boolean isTooLow(XmlElement domain) {
        OptionalLong limit = bytes(domain.child("memtune").flatMap(tune -> tune.child("hard_limit")));
        OptionalLong memory = bytes(domain.child("memory"));
        return limit.isPresent() && memory.isPresent() && limit.getAsLong() < memory.getAsLong();
    }

    private static OptionalLong bytes(Optional<XmlElement> amount) {
        return amount.map(MemoryXml::bytes).orElse(OptionalLong.empty());
    }
}
