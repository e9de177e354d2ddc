// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.time.Duration;
import java.util.Optional;
import org.understudy.api.ProbeTarget;
import org.understudy.config.MarkedYaml.Shape;

/** Reads a probe as a mapping of keys, or in the short form of {@link ProbeTarget#parse}. */
final class ProbeReader {
    private static final String REMEDY = "Use heartbeat, icmp or arp.";

    private ProbeReader() {}

    static Optional<ProbeTarget> read(Entry entry) {
        return entry.shape() == Shape.MAPPING ? fromMapping(entry) : entry.as(ProbeTarget::parse);
    }

    private static Optional<ProbeTarget> fromMapping(Entry entry) {
        Entry keys = entry.mapping();
        Optional<String> kind = keys.require("kind").flatMap(Entry::text);
        Optional<ProbeTarget> probe = switch (kind.orElse("")) {
            case "heartbeat" -> heartbeat(keys);
            case "icmp" -> text(keys, "address").map(a -> new ProbeTarget.Icmp(a, interval(keys)));
            case "arp" -> arp(keys);
            case "" -> Optional.empty();
            default -> {
                entry.problem("'" + kind.orElse("") + "' is not a kind of probe", REMEDY);
                keys.others();
                yield Optional.empty();
            }
        };
        keys.reportUnknownKeys();
        return probe;
    }

    private static Optional<ProbeTarget> heartbeat(Entry keys) {
        String address = keys.find("address").flatMap(Entry::text).orElse("127.0.0.1");
        Optional<Long> port = keys.require("port").flatMap(e -> e.number(0, ProbeTarget.LAST_PORT));
        long stream = keys.find("stream")
                .flatMap(e -> e.number(0, ProbeTarget.LAST_STREAM))
                .orElse(1L);
        return port.map(p -> new ProbeTarget.Heartbeat(address, p.intValue(), stream));
    }

    private static Optional<ProbeTarget> arp(Entry keys) {
        Optional<String> nic = text(keys, "interface");
        Optional<String> address = text(keys, "address");
        Duration interval = interval(keys);
        return nic.flatMap(n -> address.map(a -> new ProbeTarget.Arp(n, a, interval)));
    }

    private static Optional<String> text(Entry keys, String key) {
        return keys.require(key).flatMap(Entry::text);
    }

    private static Duration interval(Entry keys) {
        return keys.find("interval")
                .flatMap(e -> e.duration(ProbeTarget.SHORTEST_INTERVAL))
                .orElse(ProbeTarget.DEFAULT_INTERVAL);
    }
}
