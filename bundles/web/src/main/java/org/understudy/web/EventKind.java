// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** The kinds of events. */
enum EventKind {
    HOST,
    VM,
    VF,
    POOL,
    MIGRATION,
    CONFIGURATION,
    /** Notifies of a change of health, and is not part of the state. */
    PAIR,
    /** Notifies of an action of a user, and is not part of the state. */
    AUDIT;

    static final Set<EventKind> OF_INVENTORY = EnumSet.of(HOST, VM, VF, POOL);
    /** What concerns one VM. */
    static final Set<EventKind> OF_VM = EnumSet.of(VM, MIGRATION, PAIR, AUDIT);

    /** @param names separated by commas */
    static Set<EventKind> parse(String names) {
        Set<EventKind> kinds = EnumSet.noneOf(EventKind.class);
        Arrays.stream(names.split(","))
                .map(name -> EnumParser.parse(EventKind.class, name))
                .forEach(kinds::add);
        return kinds;
    }
}
