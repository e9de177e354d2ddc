// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The parameters of a migration; an empty one is not changed in QEMU.
 *
 * @param maxBandwidth bytes per second
 * @param downtimeLimit how long the vCPUs may be paused; the limit of QEMU is 2000 s
 * @param multifdChannels 1 to 255
 * @param tlsCreds id of a {@code tls-creds-x509} object; the empty text disables TLS
 * @param tlsHostname the name that the certificate of the peer must have
 */
public record MigrationParameters(
        OptionalLong maxBandwidth,
        Optional<Duration> downtimeLimit,
        OptionalInt multifdChannels,
        Optional<String> tlsCreds,
        Optional<String> tlsHostname) {
    /** QEMU's default in bytes per second, since 5.2. Source: {@code MAX_THROTTLE} in migration/options.c. */
    public static final long DEFAULT_BANDWIDTH = 128L << 20;

    /** QEMU's default. Source: {@code DEFAULT_MIGRATE_SET_DOWNTIME} in migration/options.c. */
    public static final Duration DEFAULT_DOWNTIME = Duration.ofMillis(300);

    Map<String, Object> arguments() {
        Map<String, Object> arguments = new LinkedHashMap<>();
        maxBandwidth.ifPresent(v -> arguments.put("max-bandwidth", v));
        downtimeLimit.ifPresent(v -> arguments.put("downtime-limit", v.toMillis()));
        multifdChannels.ifPresent(v -> arguments.put("multifd-channels", v));
        tlsCreds.ifPresent(v -> arguments.put("tls-creds", v));
        tlsHostname.ifPresent(v -> arguments.put("tls-hostname", v));
        return arguments;
    }
}
