// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Optional;
import org.libvirt.Device;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.understudy.api.PciAddress;
import org.understudy.libvirt.connect.LibvirtConnection;

/**
 * A PCI device of a host. Source: libvirt's formatnode.
 *
 * @param driver the driver it is bound to
 * @param iommuGroup number of the group; empty without a working IOMMU
 */
public record NodeDevice(Optional<String> driver, Optional<String> iommuGroup) {

    public static NodeDevice of(String xml) {
        LibvirtXml document = LibvirtXml.parse(xml);
        return new NodeDevice(
                document.values("/device/driver/name").stream().findFirst(),
                document.values("/device/capability/iommuGroup/@number").stream()
                        .findFirst());
    }

    /** Empty if the host has no such device. */
    public static Optional<NodeDevice> find(LibvirtConnection connection, PciAddress address) {
        String name =
                "pci_%04x_%02x_%02x_%x".formatted(address.domain(), address.bus(), address.slot(), address.function());
        return connection.call("look up device " + name, connect -> {
            try {
                Device device = connect.deviceLookupByName(name);
                try {
                    return Optional.of(of(device.getXMLDescription()));
                } finally {
                    device.free();
                }
            } catch (LibvirtException e) {
                if (e.getError().getCode() == ErrorNumber.VIR_ERR_NO_NODE_DEVICE) {
                    return Optional.empty();
                }
                throw e;
            }
        });
    }
}
