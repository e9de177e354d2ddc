// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.Locale;

/** A risk that an admin must accept explicitly. */
public enum Consent {
    /** Let the traffic of the primary bypass the network filter of its standby NIC, because a VF has no such filter. */
    BYPASS_FILTER,
    /** Change the machine type of an installed guest, which may stop it from booting or renumber its devices. */
    CHANGE_MACHINE_TYPE;

    /** {@return the id used in JSON, REST, the shell and the metadata of definitions, such as {@code bypass-filter}} */
    public String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
