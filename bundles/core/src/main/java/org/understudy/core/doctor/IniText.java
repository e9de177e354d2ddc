// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Keys and values of a file with sections, such as those of systemd and NetworkManager. The first value of a key counts. */
record IniText(Map<String, String> values) {
    static IniText of(String text) {
        Map<String, String> values = new HashMap<>();
        String section = "";
        for (String line : text.lines().map(String::strip).toList()) {
            int equals = line.indexOf('=');
            if (line.startsWith("[") && line.endsWith("]")) {
                section = line.substring(1, line.length() - 1);
            } else if (equals > 0 && !line.startsWith("#") && !line.startsWith(";")) {
                String key = line.substring(0, equals).strip();
                values.putIfAbsent(
                        section + "/" + key, line.substring(equals + 1).strip());
            }
        }
        return new IniText(values);
    }

    Optional<String> value(String section, String key) {
        return Optional.ofNullable(values.get(section + "/" + key)).filter(value -> !value.isEmpty());
    }
}
