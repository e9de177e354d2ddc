// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.util.Map;

/**
 * What a later server must know of a QEMU process.
 *
 * @param pid 0 while QEMU is being started
 * @param startTicks tells two users of one process id apart
 * @param uri where the receiving or sending end is; empty text for none
 * @param vfs VF by alias, for primaries whose definition leaves the choice to a pool
 */
public record RunRecord(Role role, long pid, long startTicks, String accelerator, String uri, Map<String, String> vfs) {
    /** What the process is to this host. */
    public enum Role {
        RUNNING,
        INCOMING,
        /** Told to migrate; until the switch it is still the VM. */
        OUTGOING,
        /** Told to switch: the guest may be on the destination now, and must not be started here. */
        SWITCHING
    }

    public RunRecord {
        vfs = Map.copyOf(vfs);
    }

    public RunRecord as(Role other) {
        return new RunRecord(other, pid, startTicks, accelerator, uri, vfs);
    }

    public RunRecord to(Role other, String where) {
        return new RunRecord(other, pid, startTicks, accelerator, where, vfs);
    }

    public RunRecord of(QemuProcess process) {
        return new RunRecord(role, process.pid(), process.startTicks(), accelerator, uri, vfs);
    }
}
