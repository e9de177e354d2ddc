// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** Whether a VF can be leased. */
public enum VfState {
    /** It can be leased now. */
    FREE,
    /** It is leased for a VM. */
    LEASED,
    /** A VM, a container or the host uses it, or whether it is used cannot be determined. */
    IN_USE,
    /** Another program has reserved it. */
    FOREIGN,
    /** It cannot be used: it is missing, could not be restored, or cannot be bound to VFIO. */
    FAULT,
    /** It cannot serve a pair: it is no network function, or its PF cannot set it up. */
    UNUSABLE
}
