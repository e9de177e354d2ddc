// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.understudy.api.MigrationOptions;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.ProbeTarget;

/** The options of a migration in a JSON body. */
final class MigrationOptionFields {
    private static final List<String> NAMES = List.of(
            "bandwidth",
            "bandwidthBytesPerSecond",
            "downtimeLimitMs",
            "autoConverge",
            "multifdChannels",
            "postcopy",
            "tls",
            "requireVf",
            "strategy",
            "probe");

    private MigrationOptionFields() {}

    /** The names of the options, after those of the call itself. */
    static String[] and(String... others) {
        return Stream.concat(Stream.of(others), NAMES.stream()).toArray(String[]::new);
    }

    static MigrationOptions read(JsonFields body) {
        return new MigrationOptions(
                body.number("bandwidthBytesPerSecond")
                        .or(() -> body.number("bandwidth"))
                        .map(OptionalLong::of)
                        .orElse(OptionalLong.empty()),
                body.number("downtimeLimitMs").map(Duration::ofMillis),
                body.flag("autoConverge").orElse(false),
                body.number("multifdChannels")
                        .map(count -> OptionalInt.of((int) Math.min(count, Integer.MAX_VALUE)))
                        .orElse(OptionalInt.empty()),
                body.flag("postcopy").orElse(false),
                body.flag("tls").orElse(false),
                body.flag("requireVf"),
                body.text("strategy").map(MigrationStrategy::parse),
                body.text("probe").map(ProbeTarget::parse));
    }
}
