// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** How a migration ended. */
public enum Outcome {
    /** It runs on the destination and traffic is on the primary again. */
    COMPLETED(0),
    /** It runs on the destination, but still on standby. */
    COMPLETED_DEGRADED(10),
    /** It runs on the source as before. */
    FAILED_ON_SOURCE(11),
    /** An admin cancelled it; it runs on the source. */
    CANCELLED(6),
    /** A person has to look: the findings say at what. */
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
