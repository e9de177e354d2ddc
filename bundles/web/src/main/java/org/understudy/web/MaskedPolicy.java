// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.understudy.api.Policy;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.xml.Passwords;

/**
 * The configuration in force for viewers. It contains the paths of files with passwords and keys, and never what is in them.
 * Options of connectors can be any text, so what has the form of a secret there is masked.
 */
final class MaskedPolicy {
    private static final Pattern SECRET_NAME = Pattern.compile("(?i).*(password|passwd|passphrase|secret|token)");
    /** As in {@code https://user:password@host}. */
    private static final Pattern IN_AUTHORITY = Pattern.compile("(://[^/@:\\s]*:)\\S*(@)");
    /** As in {@code ?password=...}. */
    private static final Pattern IN_QUERY =
            Pattern.compile("(?i)((?:password|passwd|passphrase|secret|token)=)[^&\\s]*");

    private MaskedPolicy() {}

    static Policy of(Policy policy) {
        return new Policy(
                policy.hosts().stream().map(MaskedPolicy::masked).toList(),
                policy.pools(),
                policy.networkPools(),
                policy.deadlines(),
                policy.requireVf(),
                policy.strategy(),
                policy.allowEmulatedPrimary(),
                policy.settle(),
                policy.probes(),
                policy.migrationsAtOnce(),
                policy.access(),
                policy.history());
    }

    private static HostPolicy masked(HostPolicy host) {
        return new HostPolicy(
                host.name(), host.connector(), masked(host.options()), masked(host.nics()), host.networks());
    }

    private static Map<String, String> masked(Map<String, String> options) {
        Map<String, String> masked = new LinkedHashMap<>();
        options.forEach(
                (key, value) -> masked.put(key, SECRET_NAME.matcher(key).matches() ? Passwords.MASK : masked(value)));
        return masked;
    }

    private static String masked(String value) {
        String text = IN_AUTHORITY.matcher(value).replaceAll("$1" + Passwords.MASK + "$2");
        return IN_QUERY.matcher(text).replaceAll("$1" + Passwords.MASK);
    }
}
