// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.JsonView;

/**
 * The last change of each object, in the order of the changes, so that a client that connects again receives what it has
 * missed. Bounded: a client that has missed more begins with the whole state. Not safe for use from several threads.
 */
final class EventLog {
    /** Limit of the objects. */
    static final int MAX_OBJECTS = 4096;

    private final JsonView view;
    /** Distinguishes this log from that of another run of the server. */
    private final String run;

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long last;
    private long forgotten;

    EventLog(JsonView view, String run) {
        this.view = view;
        this.run = run;
    }

    /** An event with its ID. Written once for all clients, and not before one reads it. */
    final class Entry {
        private final long sequence;
        private final Event event;
        private volatile byte[] frame;

        private Entry(long sequence, Event event) {
            this.sequence = sequence;
            this.event = event;
        }

        Event event() {
            return event;
        }

        byte[] frame() {
            byte[] written = frame;
            if (written == null) {
                written = withId(id(sequence), event.frame(view));
                frame = written;
            }
            return written;
        }
    }

    static byte[] withId(String id, byte[] frame) {
        byte[] line = ("id: " + id + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] whole = new byte[line.length + frame.length];
        System.arraycopy(line, 0, whole, 0, line.length);
        System.arraycopy(frame, 0, whole, line.length, frame.length);
        return whole;
    }

    Entry add(Event event) {
        last++;
        Entry entry = new Entry(last, event);
        entries.remove(event.object());
        entries.put(event.object(), entry);
        if (entries.size() > MAX_OBJECTS) {
            Iterator<Entry> oldest = entries.values().iterator();
            forgotten = oldest.next().sequence;
            oldest.remove();
        }
        return entry;
    }

    /** The ID of the last event. */
    String id() {
        return id(last);
    }

    private String id(long sequence) {
        return run + "-" + sequence;
    }

    /** What has changed after the event with this ID; empty if that is not known completely. */
    Optional<List<Entry>> since(String id) {
        return sequence(id)
                .filter(sequence -> sequence >= forgotten && sequence <= last)
                .map(sequence -> entries.values().stream()
                        .filter(entry -> entry.sequence > sequence)
                        .toList());
    }

    private Optional<Long> sequence(String id) {
        String number = id.startsWith(run + "-") ? id.substring(run.length() + 1) : "";
        return number.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(number)) : Optional.empty();
    }
}
