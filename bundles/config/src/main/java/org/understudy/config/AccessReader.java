// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Role;

/** Reads who may log in, and how. */
final class AccessReader {
    private static final Duration SHORTEST = Duration.ofMinutes(1);

    private AccessReader() {}

    static AccessPolicy read(Entry keys) {
        AccessPolicy usual = AccessPolicy.DEFAULT;
        boolean usualClasses = keys.isBlank("role-classes");
        Set<String> classes = texts(keys.items("role-classes")).collect(Collectors.toUnmodifiableSet());
        Entry session = keys.mapping("session");
        AccessPolicy access = new AccessPolicy(
                keys.find("realm").flatMap(Entry::text).orElse(usual.realm()),
                usualClasses ? usual.roleClasses() : classes,
                roles(keys.mapping("roles")),
                keys.find("basic").flatMap(Entry::flag).orElse(usual.basic()),
                duration(session, "idle", usual.sessionIdle()),
                duration(session, "lifetime", usual.sessionLifetime()));
        session.reportUnknownKeys();
        keys.reportUnknownKeys();
        return access;
    }

    private static Stream<String> texts(List<Entry> items) {
        return items.stream().flatMap(item -> item.text().stream());
    }

    private static Duration duration(Entry keys, String key, Duration usual) {
        return keys.find(key).flatMap(entry -> entry.duration(SHORTEST)).orElse(usual);
    }

    /** A role without a key keeps its default names, except those that another role has now. */
    private static Map<String, Role> roles(Entry keys) {
        Map<String, Role> roles = new HashMap<>();
        Map<String, Role> usual = new HashMap<>(AccessPolicy.DEFAULT.roles());
        for (Role role : Role.values()) {
            String key = role.name().toLowerCase(Locale.ROOT);
            if (!keys.isBlank(key)) {
                usual.values().removeAll(Set.of(role));
            }
            for (Entry item : keys.items(key)) {
                item.text()
                        .filter(name -> roles.putIfAbsent(name, role) != null)
                        .ifPresent(name -> item.problem(
                                "role '" + name + "' has two meanings", "Name the role once in etc/understudy.yaml."));
            }
        }
        keys.reportUnknownKeys();
        usual.forEach(roles::putIfAbsent);
        return Map.copyOf(roles);
    }
}
