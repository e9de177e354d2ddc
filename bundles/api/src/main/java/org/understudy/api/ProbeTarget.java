// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.annotation.versioning.ProviderType;

/** What the probe of the network gap listens to or sends requests to. */
@ProviderType
public sealed interface ProbeTarget {
    /** The highest UDP port. */
    int LAST_PORT = 0xffff;
    /** The highest stream id: a packet has 32 bits for it. */
    long LAST_STREAM = 0xffff_ffffL;
    /** The default interval of requests. */
    Duration DEFAULT_INTERVAL = Duration.ofMillis(20);
    /** Shorter intervals would distort the measurement. */
    Duration SHORTEST_INTERVAL = Duration.ofMillis(10);

    /**
     * Counts heartbeat packets that the guest sends (docs/heartbeat.md has the format).
     *
     * @param address local address to listen on, such as {@code 127.0.0.1}
     * @param port UDP port; 0 picks a free one
     * @param stream the stream id of the VM's packets; other streams are ignored
     */
    record Heartbeat(String address, int port, long stream) implements ProbeTarget {
        /**
         * Checks the values.
         *
         * @param address local address to listen on, such as {@code 127.0.0.1}
         * @param port UDP port; 0 picks a free one
         * @param stream the stream id of the VM's packets; other streams are ignored
         * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for an impossible port or stream
         */
        public Heartbeat {
            require(port >= 0 && port <= LAST_PORT, "Heartbeat port " + port + " is out of range: 0 to " + LAST_PORT);
            require(
                    stream >= 0 && stream <= LAST_STREAM,
                    "Heartbeat stream " + stream + " is out of range: 0 to " + LAST_STREAM);
        }
    }

    /**
     * Sends ICMP echo requests from the management host.
     *
     * @param address the VM's address or name
     * @param interval from one request to the next, 10 ms or longer
     */
    record Icmp(String address, Duration interval) implements ProbeTarget {
        /**
         * Checks the values.
         *
         * @param address the VM's address or name
         * @param interval from one request to the next, 10 ms or longer
         * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for an interval that is too short
         */
        public Icmp {
            requireInterval(interval);
        }
    }

    /**
     * Sends ARP requests from an interface of the management host; needs CAP_NET_RAW.
     *
     * @param networkInterface the interface of the management host
     * @param address the VM's IPv4 address
     * @param interval from one request to the next, 10 ms or longer
     */
    record Arp(String networkInterface, String address, Duration interval) implements ProbeTarget {
        /**
         * Checks the values.
         *
         * @param networkInterface the interface of the management host
         * @param address the VM's IPv4 address
         * @param interval from one request to the next, 10 ms or longer
         * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} for an interval that is too short
         */
        public Arp {
            requireInterval(interval);
        }
    }

    /**
     * Reads {@code heartbeat:ADDRESS:PORT/STREAM}, {@code icmp:ADDRESS} or {@code arp:INTERFACE:ADDRESS}; an IPv6
     * address before a port is enclosed in brackets.
     *
     * @param text one of these forms
     * @return the target
     * @throws UnderstudyException {@link ErrorCode#INVALID_ARGUMENT} if the text has another form
     */
    static ProbeTarget parse(String text) {
        Matcher form = Pattern.compile("heartbeat:(\\[[^]]+]|[^:]+):(\\d{1,5})/(\\d{1,18})|icmp:(.+)|arp:([^:]+):(.+)")
                .matcher(text);
        require(
                form.matches(),
                "Probe '" + text + "' must be heartbeat:ADDRESS:PORT/STREAM, icmp:ADDRESS or arp:INTERFACE:ADDRESS");
        if (form.group(1) != null) {
            String address = form.group(1).replaceAll("[\\[\\]]", "");
            return new Heartbeat(address, Integer.parseInt(form.group(2)), Long.parseLong(form.group(3)));
        }
        return form.group(4) != null
                ? new Icmp(form.group(4), DEFAULT_INTERVAL)
                : new Arp(form.group(5), form.group(6), DEFAULT_INTERVAL);
    }

    private static void requireInterval(Duration interval) {
        require(
                interval.compareTo(SHORTEST_INTERVAL) >= 0,
                "Probe interval " + interval.toMillis() + " ms is too short: at least " + SHORTEST_INTERVAL.toMillis()
                        + " ms");
    }

    private static void require(boolean valid, String message) {
        if (!valid) {
            throw new UnderstudyException(ErrorCode.INVALID_ARGUMENT, message);
        }
    }
}
