// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Optional;
import java.util.UUID;
import org.osgi.annotation.versioning.ProviderType;

/** The change of one object of an {@link Inventory}. The new value replaces the old one; without a new value the object is gone. */
@ProviderType
public sealed interface InventoryChange {
    /** {@return its revision, which is also that of the new value} */
    long revision();

    /** {@return what has changed} */
    Kind kind();

    /** {@return identifies the object among those of its kind} */
    String key();

    /** {@return the new value: of the type that the kind has; empty if the object is gone} */
    Optional<?> now();

    /** The kinds of objects. */
    enum Kind {
        /** A {@link HostEntry}. */
        HOST,
        /** A {@link Vm} on one host, with its NICs and its pairs. */
        VM,
        /** A {@link VfView} of one host. */
        VF,
        /** A {@link PoolShare}: a pool on one host. */
        POOL
    }

    /**
     * A host has changed.
     *
     * @param revision the revision
     * @param host its name in the configuration
     * @param now the host; empty if it was removed from the configuration
     */
    record HostChanged(long revision, HostName host, Optional<HostEntry> now) implements InventoryChange {
        @Override
        public Kind kind() {
            return Kind.HOST;
        }

        @Override
        public String key() {
            return host.value();
        }
    }

    /**
     * A VM on one host has changed. A VM that moves to another host is two objects: it appears on the one before it disappears
     * from the other.
     *
     * @param revision the revision
     * @param host the host
     * @param uuid the UUID of the VM
     * @param now the VM; empty if it is no longer listed on this host
     */
    record VmChanged(long revision, HostName host, UUID uuid, Optional<Vm> now) implements InventoryChange {
        @Override
        public Kind kind() {
            return Kind.VM;
        }

        @Override
        public String key() {
            return host + "/" + uuid;
        }
    }

    /**
     * A VF has changed.
     *
     * @param revision the revision
     * @param host the host
     * @param address the PCI address of the VF
     * @param now the VF; empty if the host no longer has it, or if its VFs are unknown
     */
    record VfChanged(long revision, HostName host, PciAddress address, Optional<VfView> now)
            implements InventoryChange {
        @Override
        public Kind kind() {
            return Kind.VF;
        }

        @Override
        public String key() {
            return host + "/" + address;
        }
    }

    /**
     * A pool on one host has changed.
     *
     * @param revision the revision
     * @param host the host
     * @param pool the pool
     * @param now what the pool has on the host; empty if the pool or the host was removed from the configuration
     */
    record PoolChanged(long revision, HostName host, PoolName pool, Optional<PoolShare> now)
            implements InventoryChange {
        @Override
        public Kind kind() {
            return Kind.POOL;
        }

        @Override
        public String key() {
            return pool + "/" + host;
        }
    }
}
