// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The addresses from which one stream arrives. A guest may change its address, as in a migration or after a reset, and late
 * packets of the former address follow. Two guests send in turn instead, and the numbers of one never pass those of the
 * other. Not thread-safe.
 */
final class Senders {
    /** More packets than are on their way at a change of the address. */
    private static final int LIMIT = 10;

    /** Forged packets may have any number of addresses. */
    private static final int KEPT = 16;

    private final Map<SocketAddress, Sender> senders = new HashMap<>();
    private long packets;
    private int conflicts;
    private int restarts;
    private Optional<String> several = Optional.empty();

    private static final class Sender {
        private final SocketAddress address;
        private long newest;
        private long lastPacket;

        Sender(SocketAddress address) {
            this.address = address;
        }
    }

    /** @param restarted whether the clock or the numbers of the stream decreased by more than those of a late packet */
    void arrived(SocketAddress from, long sequence, boolean restarted) {
        packets++;
        Sender known = senders.get(from);
        if (known == null && senders.size() < KEPT) {
            senders.put(from, sender(from, sequence));
        } else if (known != null) {
            count(known, sequence);
        }
        restarts += restarted ? 1 : 0;
        if (restarts >= LIMIT && several.isEmpty()) {
            several = Optional.of("several senders with the address " + text(from));
        }
    }

    private Sender sender(SocketAddress from, long sequence) {
        Sender added = new Sender(from);
        added.newest = sequence;
        added.lastPacket = packets;
        return added;
    }

    private void count(Sender sender, long sequence) {
        if (sequence > sender.newest) {
            Optional<Sender> other = senders.values().stream()
                    .filter(s -> s.lastPacket > sender.lastPacket && s.newest >= sequence)
                    .findFirst();
            if (other.isPresent() && ++conflicts >= LIMIT && several.isEmpty()) {
                several = Optional.of("the senders " + text(other.get().address) + " and " + text(sender.address));
            }
        }
        sender.newest = sequence < sender.newest - SequenceRun.MAX_LAG ? sequence : Math.max(sender.newest, sequence);
        sender.lastPacket = packets;
    }

    private static String text(SocketAddress address) {
        return address.toString().replaceFirst("^.*/", "");
    }

    /** Who sends the stream, if more than one guest does. */
    Optional<String> several() {
        return several;
    }
}
