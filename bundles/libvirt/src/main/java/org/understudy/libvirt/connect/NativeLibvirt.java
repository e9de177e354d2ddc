// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/** What libvirt-java lacks or does wrong. Source: libvirt's {@code libvirt.h} and what it includes; every name is libvirt's own. */
public interface NativeLibvirt extends Library {
    NativeLibvirt INSTANCE = Native.load("virt", NativeLibvirt.class);

    /** Called on the event loop's thread. Source: virEventTimeoutCallback. */
    interface Timeout extends Callback {
        void expired(int timer, Pointer opaque);
    }

    int virEventRegisterDefaultImpl();

    int virEventRunDefaultImpl();

    int virEventAddTimeout(int milliseconds, Timeout callback, Pointer opaque, Pointer free);

    void virEventUpdateTimeout(int timer, int milliseconds);

    int virEventRemoveTimeout(int timer);

    int virGetLastErrorCode();

    String virGetLastErrorMessage();

    int virConnectDomainEventRegisterAny(
            Pointer connect, Pointer domain, int event, Callback callback, Pointer opaque, Pointer free);

    int virConnectDomainEventDeregisterAny(Pointer connect, int callback);

    /**
     * Called on the event loop's thread. Source: virConnectNetworkEventLifecycleCallback,
     * virConnectNodeDeviceEventLifecycleCallback.
     */
    interface Coming extends Callback {
        void happened(Pointer connect, Pointer thing, int event, int detail, Pointer opaque);
    }

    /** Called on the event loop's thread. Source: virConnectNodeDeviceEventGenericCallback. */
    interface Updating extends Callback {
        void happened(Pointer connect, Pointer thing, Pointer opaque);
    }

    int virConnectNetworkEventRegisterAny(
            Pointer connect, Pointer network, int event, Callback callback, Pointer opaque, Pointer free);

    int virConnectNetworkEventDeregisterAny(Pointer connect, int callback);

    /** libvirt 2.2 and newer. */
    int virConnectNodeDeviceEventRegisterAny(
            Pointer connect, Pointer device, int event, Callback callback, Pointer opaque, Pointer free);

    int virConnectNodeDeviceEventDeregisterAny(Pointer connect, int callback);

    /** The list and each device in it are the caller's to free. */
    int virConnectListAllNodeDevices(Pointer connect, PointerByReference devices, int flags);

    /** The text is the caller's to free. */
    Pointer virNodeDeviceGetXMLDesc(Pointer device, int flags);

    int virNodeDeviceFree(Pointer device);

    /** The text is the caller's to free. */
    Pointer virConnectGetDomainCapabilities(
            Pointer connect, Pointer emulator, Pointer arch, Pointer machine, Pointer type, int flags);

    Pointer virDomainLookupByName(Pointer connect, String name);

    String virDomainGetName(Pointer domain);

    int virDomainGetState(Pointer domain, IntByReference state, IntByReference reason, int flags);

    int virDomainFree(Pointer domain);

    /** libvirt 4.4 and newer. */
    int virDomainDetachDeviceAlias(Pointer domain, String alias, int flags);
}
