// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How a migration ended. */
public enum Outcome {
    /** The VM runs on the destination and its traffic uses the primary. */
    COMPLETED(0),
    /** The VM runs on the destination, but its traffic uses the standby NIC. */
    COMPLETED_DEGRADED(10),
    /** The VM runs on the source as before; if another migration has it, the first finding names that one. */
    FAILED_ON_SOURCE(11),
    /** An admin cancelled the migration; the VM runs on the source. */
    CANCELLED(6),
    /** An admin has to act; the findings have the remedies. */
    NEEDS_ATTENTION(12);

    private final int exitCode;

    Outcome(int exitCode) {
        this.exitCode = exitCode;
    }

    /** {@return the exit status of a shell command that waited for the migration} */
    public int exitCode() {
        return exitCode;
    }
}
