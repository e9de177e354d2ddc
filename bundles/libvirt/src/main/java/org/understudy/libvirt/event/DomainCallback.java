// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.sun.jna.Callback;
import com.sun.jna.Pointer;

/** The shapes of libvirt's callbacks that are used here. Source: libvirt's {@code libvirt-domain.h}, {@code libvirt-qemu.h}. */
interface DomainCallback extends Callback {

    /** Source: virConnectDomainEventCallback. */
    interface Lifecycle extends DomainCallback {
        void happened(Pointer connect, Pointer domain, int event, int detail, Pointer opaque);
    }

    /** Source: virConnectDomainEventGenericCallback. */
    interface Plain extends DomainCallback {
        void happened(Pointer connect, Pointer domain, Pointer opaque);
    }

    /** Source: virConnectDomainEventDeviceRemovedCallback and those like it. */
    interface Device extends DomainCallback {
        void happened(Pointer connect, Pointer domain, String alias, Pointer opaque);
    }

    /** Source: virConnectDomainEventMetadataChangeCallback. */
    interface Metadata extends DomainCallback {
        void happened(Pointer connect, Pointer domain, int type, String namespace, Pointer opaque);
    }

    /** Source: virConnectDomainEventMigrationIterationCallback. */
    interface Iteration extends DomainCallback {
        void happened(Pointer connect, Pointer domain, int iteration, Pointer opaque);
    }

    /** Source: virConnectDomainEventJobCompletedCallback. */
    interface JobCompleted extends DomainCallback {
        void happened(Pointer connect, Pointer domain, Pointer parameters, int count, Pointer opaque);
    }

    /** Source: virConnectDomainQemuMonitorEventCallback. */
    interface Monitor extends DomainCallback {
        void happened(
                Pointer connect,
                Pointer domain,
                String event,
                long seconds,
                int micros,
                String details,
                Pointer opaque);
    }
}
