// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.understudy.api.MacAddress;

/**
 * Finds the configuration files of a guest that select a network device by its MAC address and by nothing else. Reads only what
 * is decisive: a file may be incomplete.
 */
final class GuestProfiles {
    /** What also distinguishes the failover device. Source: systemd.network(5), systemd.link(5). */
    private static final Set<String> NETWORKD_OTHERS =
            Set.of("name", "originalname", "driver", "path", "kind", "property", "virtualization");

    private static final Pattern UDEV_DRIVER = Pattern.compile("(DRIVERS?|ENV\\{ID_NET_DRIVER})==\"(?!\\?\\*)");

    private GuestProfiles() {}

    /**
     * A file that selects by MAC address.
     *
     * @param renames whether it renames the devices
     */
    record Match(String file, boolean renames) {}

    static List<Match> byMac(Map<String, String> files, MacAddress mac) {
        List<Match> matches = new ArrayList<>();
        files.forEach((file, text) -> match(
                        file, text.toLowerCase(Locale.ROOT), mac.value().toLowerCase(Locale.ROOT))
                .ifPresent(renames -> matches.add(new Match(file, renames))));
        return matches;
    }

    /** Whether the file renames; empty if it does not select by this MAC address alone. */
    private static Optional<Boolean> match(String file, String text, String mac) {
        if (!text.contains(mac)) {
            return Optional.empty();
        } else if (file.endsWith(".network") || file.endsWith(".link")) {
            return networkd(file, text, mac);
        } else if (file.endsWith(".rules")) {
            return udev(text, mac);
        } else if (file.contains("/ifcfg-")) {
            return ifcfg(text, mac);
        } else if (file.contains("/NetworkManager/")) {
            return keyfile(text, mac);
        }
        return YamlMatches.of(text, mac);
    }

    private static Optional<Boolean> networkd(String file, String text, String mac) {
        IniText ini = IniText.of(text);
        boolean byMac = Stream.of("macaddress", "permanentmacaddress")
                .flatMap(key -> ini.value("match", key).stream())
                .anyMatch(value -> value.contains(mac));
        boolean alsoByOther =
                NETWORKD_OTHERS.stream().anyMatch(key -> ini.value("match", key).isPresent());
        return byMac && !alsoByOther
                ? Optional.of(
                        file.endsWith(".link") && ini.value("link", "name").isPresent())
                : Optional.empty();
    }

    private static Optional<Boolean> keyfile(String text, String mac) {
        IniText ini = IniText.of(text);
        boolean byMac = Stream.of("ethernet", "802-3-ethernet")
                .flatMap(section -> ini.value(section, "mac-address").stream())
                .anyMatch(mac::equals);
        boolean byName = ini.value("connection", "interface-name").isPresent()
                || ini.value("match", "interface-name").isPresent()
                || ini.value("match", "driver").isPresent();
        return byMac && !byName ? Optional.of(false) : Optional.empty();
    }

    /** Source: initscripts, which rename the device with HWADDR to DEVICE; NetworkManager requires both. */
    private static Optional<Boolean> ifcfg(String text, String mac) {
        String plain = text.replace("\"", "").replace("'", "");
        return Pattern.compile("(?m)^\\s*hwaddr=" + mac).matcher(plain).find()
                ? Optional.of(Pattern.compile("(?m)^\\s*device=").matcher(plain).find())
                : Optional.empty();
    }

    private static Optional<Boolean> udev(String text, String mac) {
        return text.lines()
                        .filter(line -> !line.stripLeading().startsWith("#") && line.contains(mac))
                        .anyMatch(line -> line.matches(".*\\bname=.*")
                                && !UDEV_DRIVER
                                        .matcher(line.toUpperCase(Locale.ROOT))
                                        .find())
                ? Optional.of(true)
                : Optional.empty();
    }
}
