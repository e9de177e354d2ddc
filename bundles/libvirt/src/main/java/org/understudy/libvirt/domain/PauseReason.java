// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Locale;

/** Why vCPUs stand still, in the order of libvirt's numbers. Source: virDomainPausedReason. */
enum PauseReason {
    UNKNOWN,
    USER,
    MIGRATION,
    SAVE,
    DUMP,
    IO_ERROR,
    WATCHDOG,
    FROM_SNAPSHOT,
    SHUTTING_DOWN,
    SNAPSHOT,
    CRASHED,
    STARTING_UP,
    POSTCOPY,
    POSTCOPY_FAILED,
    API_ERROR;

    /** {@link #UNKNOWN} for a number that is newer than this. */
    static PauseReason of(int number) {
        return number >= 0 && number < values().length ? values()[number] : UNKNOWN;
    }

    /** For people. */
    String words() {
        return "paused: " + name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
