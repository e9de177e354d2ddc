// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import java.util.Locale;

/** Why a VM is paused, in the order of libvirt's numbers. Source: virDomainPausedReason. */
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

    /** {@link #UNKNOWN} for a number that this version does not have. */
    static PauseReason of(int number) {
        return number >= 0 && number < values().length ? values()[number] : UNKNOWN;
    }

    /** Display text. */
    String text() {
        return "paused: " + name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
