// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** The role of a NIC in a pair. */
public enum NicRole {
    /** It is not part of a pair. */
    PLAIN,
    /** It is the standby NIC of a pair. */
    STANDBY,
    /** It is the primary of a pair. */
    PRIMARY
}
