// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Duration;

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
}
