// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;

/** Functions that libvirt-java lacks or binds wrongly. Source: libvirt's {@code libvirt.h} and its includes; names are libvirt's. */
public interface NativeLibvirt extends Library {
    NativeLibvirt INSTANCE = Utf8.load("virt", NativeLibvirt.class);

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
    interface LifecycleCallback extends Callback {
        void invoke(Pointer connect, Pointer object, int event, int detail, Pointer opaque);
    }

    /** Called on the event loop's thread. Source: virConnectNodeDeviceEventGenericCallback. */
    interface UpdateCallback extends Callback {
        void invoke(Pointer connect, Pointer object, Pointer opaque);
    }

    int virConnectNetworkEventRegisterAny(
            Pointer connect, Pointer network, int event, Callback callback, Pointer opaque, Pointer free);

    int virConnectNetworkEventDeregisterAny(Pointer connect, int callback);

    /** libvirt 2.2 and newer. */
    int virConnectNodeDeviceEventRegisterAny(
            Pointer connect, Pointer device, int event, Callback callback, Pointer opaque, Pointer free);

    int virConnectNodeDeviceEventDeregisterAny(Pointer connect, int callback);

    /** The caller frees the list and each device in it. */
    int virConnectListAllNodeDevices(Pointer connect, PointerByReference devices, int flags);

    /** The caller frees the text. */
    Pointer virNodeDeviceGetXMLDesc(Pointer device, int flags);

    int virNodeDeviceFree(Pointer device);

    /** The caller frees the text. */
    Pointer virConnectGetDomainCapabilities(
            Pointer connect, Pointer emulator, Pointer arch, Pointer machine, Pointer type, int flags);

    Pointer virDomainLookupByName(Pointer connect, String name);

    String virDomainGetName(Pointer domain);

    int virDomainGetState(Pointer domain, IntByReference state, IntByReference reason, int flags);

    int virDomainFree(Pointer domain);

    /** libvirt 4.4 and newer. */
    int virDomainDetachDeviceAlias(Pointer domain, String alias, int flags);
}
