// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** What a VM does now. */
public enum VmState {
    /** It is off. */
    SHUTOFF,
    /** Its vCPUs run. */
    RUNNING,
    /** vCPUs stopped by an admin or by a migration. */
    PAUSED,
    /** A QEMU that waits for, or receives, this VM from another host; it is not the VM yet. */
    INCOMING,
    /** The connector cannot tell. */
    UNKNOWN
}
