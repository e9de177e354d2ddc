// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/** What an entry of the {@link History} is about. */
public enum HistoryKind {
    /** A migration, running or ended. */
    MIGRATION,
    /** An action of a user. */
    ACTION,
    /** A finding, from when it appeared until it was gone. */
    FINDING
}
