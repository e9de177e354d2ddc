// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/** QEMU monitor events. Source: libvirt's {@code libvirt-qemu.h}. */
public interface NativeLibvirtQemu extends Library {
    NativeLibvirtQemu INSTANCE = Native.load("virt-qemu", NativeLibvirtQemu.class);

    /** The event's name is a regular expression. Source: VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX. */
    int REGEX = 1;

    int virConnectDomainQemuMonitorEventRegister(
            Pointer connect, Pointer domain, String event, Callback callback, Pointer opaque, Pointer free, int flags);

    int virConnectDomainQemuMonitorEventDeregister(Pointer connect, int callback);
}
