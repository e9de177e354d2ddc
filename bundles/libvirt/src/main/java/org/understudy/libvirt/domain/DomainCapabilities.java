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
 * What a host can do for a VM. Source: libvirt's formatdomaincaps.
 *
 * @param vfio whether libvirt finds what VFIO needs there: groups of an IOMMU, the file of VFIO, and a QEMU with vfio-pci
 */
public record DomainCapabilities(boolean vfio) {

    static DomainCapabilities of(String xml) {
        return new DomainCapabilities(LibvirtXml.parse(xml)
                .values("/domainCapabilities/devices/hostdev/enum[@name='pciBackend']/value")
                .contains("vfio"));
    }

    /** Empty where the driver or its version cannot tell. */
    public static Optional<DomainCapabilities> ask(NativeConnect connect) {
        Pointer answer = NativeLibvirt.INSTANCE.virConnectGetDomainCapabilities(
                connect.pointer(), Pointer.NULL, Pointer.NULL, Pointer.NULL, Pointer.NULL, 0);
        if (answer == null) {
            UnderstudyException failure = LibvirtFailure.last("read what VMs can do");
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
