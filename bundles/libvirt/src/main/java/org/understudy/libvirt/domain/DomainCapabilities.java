// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.Optional;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.libvirt.connect.LibvirtFailure;
import org.understudy.libvirt.connect.NativeConnect;
import org.understudy.libvirt.connect.NativeLibvirt;

/**
 * Capabilities of a host for VMs. Source: libvirt's formatdomaincaps.
 *
 * @param vfio whether libvirt finds the requirements of VFIO: IOMMU groups, the VFIO device file, and a QEMU with vfio-pci
 */
public record DomainCapabilities(boolean vfio) {

    static DomainCapabilities of(String xml) {
        return new DomainCapabilities(LibvirtXml.parse(xml)
                .values("/domainCapabilities/devices/hostdev/enum[@name='pciBackend']/value")
                .contains("vfio"));
    }

    /** Empty if the driver or its version does not support the call. */
    public static Optional<DomainCapabilities> read(NativeConnect connect) {
        Pointer answer = NativeLibvirt.INSTANCE.virConnectGetDomainCapabilities(
                connect.pointer(), Pointer.NULL, Pointer.NULL, Pointer.NULL, Pointer.NULL, 0);
        if (answer == null) {
            UnderstudyException failure = LibvirtFailure.last("read the domain capabilities");
            if (failure.code() == ErrorCode.NOT_SUPPORTED) {
                return Optional.empty();
            }
            throw failure;
        }
        try {
            return Optional.of(of(answer.getString(0, "UTF-8")));
        } finally {
            Native.free(Pointer.nativeValue(answer));
        }
    }
}
