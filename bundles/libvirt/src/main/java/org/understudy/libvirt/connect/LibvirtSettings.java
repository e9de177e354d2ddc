// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;

/**
 * Options of one host.
 *
 * @param uri URI by which this server reaches libvirt on the host
 * @param peerUri URI by which the libvirt of another host reaches it, for migrations
 * @param migrationUri destination of QEMU's migration data, such as {@code tcp://10.0.0.2}; empty: libvirt chooses
 */
public record LibvirtSettings(HostName name, String uri, String peerUri, Optional<String> migrationUri) {
    /** Connector of these hosts in the configuration. */
    public static final String KIND = "libvirt";

    private static final List<String> KEYS = List.of("uri", "peer-uri", "migration-uri");
    private static final List<String> DRIVERS = List.of("qemu", "test");

    /** @throws UnderstudyException {@link ErrorCode#CONFIGURATION_INVALID} */
    public static LibvirtSettings of(HostPolicy policy) {
        Map<String, String> options = policy.options();
        for (String key : new TreeSet<>(options.keySet())) {
            if (!KEYS.contains(key)) {
                throw invalid(policy.name(), key, "is unknown; connector libvirt has " + String.join(", ", KEYS));
            }
        }
        String uri = options.getOrDefault("uri", "qemu:///system");
        check(policy.name(), "uri", uri);
        String peerUri = options.getOrDefault("peer-uri", uri);
        check(policy.name(), "peer-uri", peerUri);
        return new LibvirtSettings(
                policy.name(), withoutPrompts(uri), peerUri, Optional.ofNullable(options.get("migration-uri")));
    }

    /** False for libvirt's test driver, whose VMs exist in memory only. */
    public boolean hasQemu() {
        return driver(uri).equals("qemu");
    }

    private static String driver(String uri) {
        return Optional.ofNullable(URI.create(uri).getScheme()).orElse("").replaceFirst("\\+.*", "");
    }

    /** True if libvirt runs on this server's machine, so that its files can be read. */
    public boolean isLocal() {
        URI parsed = URI.create(uri);
        return parsed.getScheme().equals("qemu") && parsed.getHost() == null;
    }

    private static void check(HostName host, String key, String text) {
        try {
            if (!DRIVERS.contains(driver(text))) {
                throw invalid(
                        host,
                        key,
                        "is '" + text + "'; expected a URI such as qemu:///system or qemu+ssh://host/system");
            }
        } catch (IllegalArgumentException e) {
            throw invalid(host, key, "is '" + text + "', which is not a valid URI: " + e.getMessage());
        }
    }

    /** A server has no terminal, so ssh must not prompt. */
    private static String withoutPrompts(String uri) {
        if (!URI.create(uri).getScheme().endsWith("+ssh") || uri.contains("no_tty=")) {
            return uri;
        }
        return uri + (uri.contains("?") ? "&" : "?") + "no_tty=1";
    }

    private static UnderstudyException invalid(HostName host, String key, String problem) {
        return new UnderstudyException(
                ErrorCode.CONFIGURATION_INVALID, "Host %s: option '%s' %s".formatted(host, key, problem));
    }
}
