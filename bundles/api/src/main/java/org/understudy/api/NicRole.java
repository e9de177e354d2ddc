// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** The part a NIC plays. */
public enum NicRole {
    PLAIN,
    STANDBY,
    PRIMARY
}
