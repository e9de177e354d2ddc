// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** The seven steps, in their order. */
public enum MigrationStep {
    /** Checks both hosts and the VM; changes nothing. */
    PREFLIGHT("Preflight"),
    /** Leases a VF on the destination for each primary. */
    LEASE("Lease VF on destination"),
    /** Unplugs the primaries; traffic runs over the standby NICs. */
    TO_STANDBY("Traffic to standby"),
    /** Copies the memory while the guest runs. */
    COPY("Copy memory"),
    /** Stops the guest on the source and starts it on the destination. */
    SWITCH("Switch host"),
    /** Plugs the primaries on the destination. */
    TO_PRIMARY("Traffic to VF"),
    /** Releases the VFs on the source. */
    RELEASE("Release VF on source");

    private final String title;

    MigrationStep(String title) {
        this.title = title;
    }

    /** {@return the position of the step, 1 to 7} */
    public int number() {
        return ordinal() + 1;
    }

    /** {@return the label for users} */
    public String title() {
        return title;
    }
}
