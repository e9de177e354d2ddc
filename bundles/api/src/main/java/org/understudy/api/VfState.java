// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** Whether a VF can be leased. */
public enum VfState {
    /** It can be leased now. */
    FREE,
    /** It is leased for a VM. */
    LEASED,
    /** The host uses it: its network device is up, carries a route or belongs to a bridge. */
    IN_USE,
    /** It is used by something that Understudy did not start. */
    FOREIGN,
    /** It cannot be used: it is missing, could not be restored, or cannot be bound to VFIO. */
    FAULT
}
