// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How the primary is written in the domain XML. */
public enum PrimaryForm {
    /** {@code <interface type='network'>} whose network is a VF pool. The host selects the VF. */
    POOL_NETWORK,
    /** {@code <interface type='hostdev'>} with a PCI address. */
    HOSTDEV_INTERFACE,
    /** Plain {@code <hostdev mode='subsystem' type='pci'>}; libvirt 7.1 and newer. */
    PLAIN_HOSTDEV
}
