// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.json.RecordJson;

class EventLogTest {
    private final EventLog log = new EventLog(new RecordJson(), "run");

    private void add(String key) {
        log.add(new Event(EventKind.VM, key, 1, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    private List<String> since(String id) {
        return log.since(id).orElseThrow().stream()
                .map(entry -> entry.event().key())
                .toList();
    }

    @Test
    void hasTheLastChangeOfEachObjectSinceAnEvent() {
        add("a");
        add("b");
        String id = log.id();
        add("c");
        add("a");
        add("c");

        assertThat(since(id)).containsExactly("a", "c");
        assertThat(since(log.id())).isEmpty();
        assertThat(since("run-0")).containsExactly("b", "a", "c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "run-2", "other-1", "run-", "run--1", "run-99999999999999999999"})
    void knowsNothingOfIdsThatItHasNotGiven(String id) {
        add("a");

        assertThat(log.since(id)).isEmpty();
    }

    @Test
    void forgetsTheOldestChangesAndKnowsThat() {
        for (int i = 0; i <= EventLog.MAX_OBJECTS; i++) {
            add("vm" + i);
        }

        assertThat(log.since("run-0")).isEmpty();
        assertThat(since("run-1")).hasSize(EventLog.MAX_OBJECTS).startsWith("vm1");
    }
}
