// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import java.util.Optional;
import org.understudy.api.Alias;
import org.understudy.api.UnderstudyException;

/**
 * Names the devices of failover pairs. libvirt requires an alias of the standby NIC only; a primary without one is named
 * after its standby NIC, so that it has the same name in each definition of the VM and on each host.
 */
public final class PairXml {
    private static final String GIVEN = "ua-primary-of-";
    private static final int MAX_LENGTH = 64;

    private PairXml() {}

    /**
     * {@return the alias of a device, or for a primary without one the name after its standby NIC; empty if it has neither,
     * or an invalid alias}
     *
     * @param device the device
     */
    public static Optional<Alias> name(XmlElement device) {
        Optional<String> alias = device.childAttribute("alias", "name");
        return alias.isPresent() ? alias.flatMap(PairXml::valid) : nameAfterStandby(device);
    }

    /**
     * {@return the name after its standby NIC, whatever alias it has; empty for a device that is no primary}
     *
     * @param device the device
     */
    public static Optional<Alias> nameAfterStandby(XmlElement device) {
        return device.childAttribute("teaming", "type")
                .filter("transient"::equals)
                .flatMap(primary -> device.childAttribute("teaming", "persistent"))
                .flatMap(PairXml::valid)
                .map(PairXml::primaryOf);
    }

    /**
     * {@return whether a name is one after a standby NIC, which a host may know by another alias}
     *
     * @param name the name of a primary
     */
    public static boolean isAfterStandby(Alias name) {
        return name.value().startsWith(GIVEN);
    }

    /**
     * {@return the NIC with this name; also if the host has given it an alias for the current run, such as hostdev0}
     *
     * @param document the definition
     * @param name the name
     */
    public static Optional<XmlElement> nic(DomainDocument document, Alias name) {
        Optional<XmlElement> named = document.nics().stream()
                .filter(nic -> nic.childAttribute("alias", "name").equals(Optional.of(name.value())))
                .findFirst();
        return named.isPresent() || !isAfterStandby(name)
                ? named
                : document.nics().stream()
                        .filter(nic -> nic.childAttribute("alias", "name")
                                .filter(alias -> alias.startsWith("ua-"))
                                .isEmpty())
                        .filter(nic -> nameAfterStandby(nic).equals(Optional.of(name)))
                        .findFirst();
    }

    private static Alias primaryOf(Alias standby) {
        String value = standby.value();
        String name = GIVEN + (value.startsWith("ua-") ? value.substring(3) : value);
        if (name.length() > MAX_LENGTH) {
            String end = "-" + Integer.toHexString(value.hashCode());
            name = name.substring(0, MAX_LENGTH - end.length()) + end;
        }
        return new Alias(name);
    }

    private static Optional<Alias> valid(String alias) {
        try {
            return Optional.of(new Alias(alias));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }
}
