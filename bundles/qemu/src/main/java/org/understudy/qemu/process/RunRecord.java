// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.util.Map;
import org.understudy.api.MigrationId;

/**
 * The state of a QEMU process that survives a restart of the server.
 *
 * @param pid 0 while QEMU starts
 * @param startTicks distinguishes two processes with the same id
 * @param uri the migration URI of an incoming or outgoing migration; empty without a migration. Behind {@code #} is the
 *     id of an outgoing one: an older server reads no further key
 * @param vfs VF by alias, for primaries whose VF comes from a pool
 */
public record RunRecord(Role role, long pid, long startTicks, String accelerator, String uri, Map<String, String> vfs) {
    /** The role of the process on this host. */
    public enum Role {
        RUNNING,
        INCOMING,
        /** Migrating; owns the VM until the switchover. */
        OUTGOING,
        /** Switchover started: the VM may run on the destination, and must not be started here. */
        SWITCHING
    }

    private static final char ID_MARK = '#';

    public RunRecord {
        vfs = Map.copyOf(vfs);
    }

    public RunRecord withRole(Role other) {
        return new RunRecord(other, pid, startTicks, accelerator, uri, vfs);
    }

    public RunRecord withRole(Role other, String otherUri) {
        return new RunRecord(other, pid, startTicks, accelerator, otherUri, vfs);
    }

    /** This record in an outgoing migration. */
    public RunRecord sending(MigrationId id, String to) {
        return withRole(Role.OUTGOING, to + ID_MARK + id);
    }

    /** The id of the outgoing migration; empty without one, and in a record of an older server. */
    public String migration() {
        int mark = uri.indexOf(ID_MARK);
        return mark < 0 ? "" : uri.substring(mark + 1);
    }

    public RunRecord withProcess(QemuProcess process) {
        return new RunRecord(role, process.pid(), process.startTicks(), accelerator, uri, vfs);
    }
}
