// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds "match" of netplan and of version 2 of cloud-init's network configuration, and "mac_address" of its version 1, by the
 * indentation of the lines.
 */
final class YamlMatches {
    private YamlMatches() {}

    /** Whether such a match renames devices; empty if there is none by this MAC address alone. */
    static Optional<Boolean> of(String text, String mac) {
        List<String> lines = text.lines()
                .filter(line -> !line.isBlank() && !line.stripLeading().startsWith("#"))
                .toList();
        Optional<Boolean> found = Optional.empty();
        for (int i = 0; i < lines.size(); i++) {
            String key = lines.get(i).strip();
            if (key.startsWith("match:")) {
                String match = key + "\n" + String.join("\n", below(lines, i));
                boolean alsoByOther = match.contains("name:") || match.contains("driver:");
                if (match.contains("macaddress:") && match.contains(mac) && !alsoByOther) {
                    found = Optional.of(
                            found.orElse(false) || siblings(lines, i).contains("set-name:"));
                }
            } else if (key.matches("(- )?mac_address:.*") && key.contains(mac)) {
                // Version 1 gives the device with this MAC address the name of the entry.
                found = Optional.of(true);
            }
        }
        return found;
    }

    private static List<String> below(List<String> lines, int at) {
        List<String> below = new ArrayList<>();
        for (int i = at + 1; i < lines.size() && indent(lines.get(i)) > indent(lines.get(at)); i++) {
            below.add(lines.get(i));
        }
        return below;
    }

    private static String siblings(List<String> lines, int at) {
        int indent = indent(lines.get(at));
        int first = at;
        while (first > 0 && indent(lines.get(first - 1)) >= indent) {
            first--;
        }
        int last = at;
        while (last + 1 < lines.size() && indent(lines.get(last + 1)) >= indent) {
            last++;
        }
        return String.join("\n", lines.subList(first, last + 1));
    }

    private static int indent(String line) {
        return line.length() - line.stripLeading().length();
    }
}
