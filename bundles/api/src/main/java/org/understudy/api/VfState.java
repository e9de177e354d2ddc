// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** Whether a VF can be leased. */
public enum VfState {
    /** It can be leased now. */
    FREE,
    /** It is reserved for a VM. */
    LEASED,
    /** The host uses it itself: its network device is up, carries a route or belongs to a bridge. */
    IN_USE,
    /** Something that Understudy did not start holds it. */
    FOREIGN,
    /** It cannot be used: it is gone, or could not be restored, or VFIO cannot take it. */
    FAULT
}
