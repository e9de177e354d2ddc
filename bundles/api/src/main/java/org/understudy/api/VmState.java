// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** The state of a VM. */
public enum VmState {
    /** It is off. */
    SHUTOFF,
    /** Its vCPUs run. */
    RUNNING,
    /** Its vCPUs are paused by an admin or by a migration. */
    PAUSED,
    /** A QEMU that waits for or receives this VM from another host; it does not run the VM yet. */
    INCOMING,
    /** The connector cannot determine it. */
    UNKNOWN
}
