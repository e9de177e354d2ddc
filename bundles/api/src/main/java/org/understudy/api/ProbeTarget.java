// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the gap probe listens or whom it asks. */
public sealed interface ProbeTarget {
    /**
     * Counts heartbeat packets that the guest sends (docs/heartbeat.md has the format).
     *
     * @param address local address to listen on, such as {@code 127.0.0.1}
     * @param port UDP port; 0 picks a free one
     * @param stream the stream id of the VM's packets; other streams are ignored
     */
    record Heartbeat(String address, int port, long stream) implements ProbeTarget {}

    /** Sends ICMP echo requests from the management host. */
    record Icmp(String address, Duration interval) implements ProbeTarget {}

    /** Sends ARP requests from an interface of the management host; needs CAP_NET_RAW. */
    record Arp(String networkInterface, String address, Duration interval) implements ProbeTarget {}

    /** How often a probe of {@link #parse} asks. */
    Duration DEFAULT_INTERVAL = Duration.ofMillis(20);

    /**
     * Reads {@code heartbeat:ADDRESS:PORT/STREAM}, {@code icmp:ADDRESS} or {@code arp:INTERFACE:ADDRESS}; an IPv6
     * address before a port stands in brackets.
     *
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the text has another form
     */
    static ProbeTarget parse(String text) {
        Matcher heartbeat = Pattern.compile("heartbeat:(\\[[^]]+]|[^:]+):(\\d{1,5})/(\\d{1,18})")
                .matcher(text);
        if (heartbeat.matches() && Integer.parseInt(heartbeat.group(2)) <= 0xffff) {
            String address = heartbeat.group(1).replaceAll("[\\[\\]]", "");
            return new Heartbeat(address, Integer.parseInt(heartbeat.group(2)), Long.parseLong(heartbeat.group(3)));
        }
        Matcher asked = Pattern.compile("icmp:(.+)|arp:([^:]+):(.+)").matcher(text);
        if (!asked.matches()) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    "probe '" + text
                            + "' is none of heartbeat:ADDRESS:PORT/STREAM, icmp:ADDRESS, arp:INTERFACE:ADDRESS");
        }
        return asked.group(1) != null
                ? new Icmp(asked.group(1), DEFAULT_INTERVAL)
                : new Arp(asked.group(2), asked.group(3), DEFAULT_INTERVAL);
    }
}
