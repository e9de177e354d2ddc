// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** How often something has happened since the process started. Safe for use from any thread; to count costs no lock. */
public enum Occurrences {
    /** VMs whose events were dropped or not received, so that they were read again; by host. */
    EVENTS_MISSED,
    /** Logins that were refused; by reason. */
    LOGINS_REFUSED,
    /** VMs that a hook let continue without a VF; by host. */
    VMS_PASSED;

    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();

    /** Counts one, under a label of which there are few. */
    public void count(String label) {
        counts.computeIfAbsent(label, l -> new LongAdder()).increment();
    }

    /** The numbers so far, by label. */
    public Map<String, Long> all() {
        Map<String, Long> all = new ConcurrentSkipListMap<>();
        counts.forEach((label, count) -> all.put(label, count.sum()));
        return all;
    }
}
