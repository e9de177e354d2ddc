// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** The seven steps, in their order. */
public enum MigrationStep {
    PREFLIGHT("Preflight"),
    LEASE("Lease VF on destination"),
    TO_STANDBY("Traffic to standby"),
    COPY("Copy memory"),
    SWITCH("Switch host"),
    TO_PRIMARY("Traffic to VF"),
    RELEASE("Release VF on source");

    private final String title;

    MigrationStep(String title) {
        this.title = title;
    }

    /** 1 to 7. */
    public int number() {
        return ordinal() + 1;
    }

    /** What a person reads. */
    public String title() {
        return title;
    }
}
