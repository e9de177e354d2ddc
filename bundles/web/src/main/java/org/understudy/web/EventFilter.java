// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Optional;
import java.util.Set;
import org.understudy.api.Vm;

/**
 * Selects the events of one stream.
 *
 * @param kinds the kinds of events
 * @param vm the only VM whose events are sent, as it was when the stream began; empty for all
 */
record EventFilter(Set<EventKind> kinds, Optional<Vm> vm) {
    boolean test(Event event) {
        return kinds.contains(event.kind())
                && (!EventKind.OF_VM.contains(event.kind())
                        || vm.map(wanted -> isOf(event, wanted)).orElse(true));
    }

    private static boolean isOf(Event event, Vm vm) {
        return event.uuid()
                .map(vm.uuid()::equals)
                .orElseGet(() -> event.vm().filter(vm.name()::equals).isPresent());
    }
}
