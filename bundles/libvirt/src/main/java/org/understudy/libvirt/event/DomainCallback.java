// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.sun.jna.Callback;
import com.sun.jna.Pointer;

/** Signatures of the libvirt callbacks that this bundle registers. Source: libvirt's {@code libvirt-domain.h}, {@code libvirt-qemu.h}. */
interface DomainCallback extends Callback {

    /** Source: virConnectDomainEventCallback. */
    interface Lifecycle extends DomainCallback {
        void invoke(Pointer connect, Pointer domain, int event, int detail, Pointer opaque);
    }

    /** Source: virConnectDomainEventGenericCallback. */
    interface Generic extends DomainCallback {
        void invoke(Pointer connect, Pointer domain, Pointer opaque);
    }

    /** Source: virConnectDomainEventDeviceRemovedCallback and callbacks of the same signature. */
    interface Device extends DomainCallback {
        void invoke(Pointer connect, Pointer domain, String alias, Pointer opaque);
    }

    /** Source: virConnectDomainEventMetadataChangeCallback. */
    interface Metadata extends DomainCallback {
        void invoke(Pointer connect, Pointer domain, int type, String namespace, Pointer opaque);
    }

    /** Source: virConnectDomainEventMigrationIterationCallback. */
    interface Iteration extends DomainCallback {
        void invoke(Pointer connect, Pointer domain, int iteration, Pointer opaque);
    }

    /** Source: virConnectDomainEventJobCompletedCallback. */
    interface JobCompleted extends DomainCallback {
        void invoke(Pointer connect, Pointer domain, Pointer parameters, int count, Pointer opaque);
    }

    /** Source: virConnectDomainQemuMonitorEventCallback. */
    interface Monitor extends DomainCallback {
        void invoke(
                Pointer connect,
                Pointer domain,
                String event,
                long seconds,
                int micros,
                String details,
                Pointer opaque);
    }
}
