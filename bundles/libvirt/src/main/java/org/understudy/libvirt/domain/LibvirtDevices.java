// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.libvirt.Error.ErrorNumber;
import org.understudy.libvirt.connect.LibvirtConnection;
import org.understudy.libvirt.connect.LibvirtFailure;
import org.understudy.libvirt.connect.NativeConnect;
import org.understudy.libvirt.connect.NativeLibvirt;

/** Lists the devices of a host; libvirt-java can only list their names. */
public final class LibvirtDevices {
    /** Source: libvirt's VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV and VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET. */
    private static final int PCI_AND_NET = 1 << 1 | 1 << 4;

    private LibvirtDevices() {}

    /** XML of each PCI device and network device. Source: libvirt's formatnode. */
    public static List<String> all(LibvirtConnection connection) {
        return connection.call("list the devices", LibvirtDevices::all);
    }

    private static List<String> all(NativeConnect connect) {
        PointerByReference list = new PointerByReference();
        int count = NativeLibvirt.INSTANCE.virConnectListAllNodeDevices(connect.pointer(), list, PCI_AND_NET);
        if (count < 0) {
            throw LibvirtFailure.last("list the devices of the host");
        }
        Pointer[] devices = list.getValue().getPointerArray(0, count);
        try {
            List<String> found = new ArrayList<>();
            for (Pointer device : devices) {
                xml(device).ifPresent(found::add);
            }
            return found;
        } finally {
            // All of them, also if a call on one failed: each keeps the connection open.
            for (Pointer device : devices) {
                NativeLibvirt.INSTANCE.virNodeDeviceFree(device);
            }
            Native.free(Pointer.nativeValue(list.getValue()));
        }
    }

    /** Empty if the device is gone meanwhile. */
    private static Optional<String> xml(Pointer device) {
        Pointer text = NativeLibvirt.INSTANCE.virNodeDeviceGetXMLDesc(device, 0);
        if (text == null) {
            if (LibvirtFailure.lastNumber() == ErrorNumber.VIR_ERR_NO_NODE_DEVICE) {
                return Optional.empty();
            }
            throw LibvirtFailure.last("read a device of the host");
        }
        try {
            return Optional.of(text.getString(0, "UTF-8"));
        } finally {
            Native.free(Pointer.nativeValue(text));
        }
    }
}
