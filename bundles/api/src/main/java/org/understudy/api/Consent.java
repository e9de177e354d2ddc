// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** A risk that an admin must accept explicitly. */
public enum Consent {
    /** Change the machine type of an installed guest, which may stop it from booting or renumber its devices. */
    CHANGE_MACHINE_TYPE
}
