// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.qemu.process.Sandbox;
import org.understudy.qemu.process.SystemUser;

/**
 * The options of one host.
 *
 * @param directory parent of the VM folders
 * @param userName the user of QEMU; empty: the user of this server
 * @param ports for incoming migrations, first and last
 * @param accelerator {@code auto}, {@code kvm} or {@code tcg}
 */
record HostSettings(
        HostName name,
        Path directory,
        Path binary,
        Optional<String> userName,
        Path bridgeHelper,
        String migrationAddress,
        Ports ports,
        String accelerator,
        Optional<Path> tlsDirectory) {
    /** The connector name in the configuration. */
    static final String KIND = "qemu";

    private static final List<String> KEYS = List.of(
            "directory",
            "binary",
            "user",
            "bridge-helper",
            "migration-address",
            "migration-ports",
            "accelerator",
            "tls-directory");
    private static final Path PASSWD = Path.of("/etc/passwd");
    /** A user that runs QEMU alone, so that no other service can reach its files and processes. */
    private static final String OWN_USER = "understudy-qemu";

    private static final String USER_OF_LIBVIRT = "libvirt-qemu";
    private static final List<Path> HELPERS = List.of(
            Path.of("/usr/lib/qemu/qemu-bridge-helper"),
            Path.of("/usr/libexec/qemu-bridge-helper"),
            Path.of("/usr/lib/qemu-bridge-helper"));

    /** First and last port. */
    record Ports(int first, int last) {}

    /** @throws UnderstudyException {@link ErrorCode#CONFIGURATION_INVALID} */
    static HostSettings of(HostPolicy policy, Path defaultDirectory) {
        Map<String, String> options = policy.options();
        for (String key : new TreeSet<>(options.keySet())) {
            if (!KEYS.contains(key)) {
                throw invalid(
                        policy.name(),
                        key,
                        "is not an option of the connector qemu; did you mean '" + nearest(key) + "'?");
            }
        }
        return new HostSettings(
                policy.name(),
                Path.of(options.getOrDefault(
                        "directory",
                        defaultDirectory.resolve(policy.name().value()).toString())),
                binary(policy.name(), options.getOrDefault("binary", "qemu-system-x86_64")),
                userName(policy.name(), options),
                Optional.ofNullable(options.get("bridge-helper"))
                        .map(Path::of)
                        .or(() -> HELPERS.stream().filter(Files::exists).findFirst())
                        .orElse(HELPERS.get(0)),
                options.getOrDefault("migration-address", "127.0.0.1"),
                ports(policy.name(), options.getOrDefault("migration-ports", "49152-49215")),
                accelerator(policy.name(), options.getOrDefault("accelerator", "auto")),
                Optional.ofNullable(options.get("tls-directory")).map(Path::of));
    }

    private static Path binary(HostName host, String binary) {
        if (binary.contains("/")) {
            return Path.of(binary);
        }
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
        return List.of(path.split(":")).stream()
                .map(folder -> Path.of(folder, binary))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new UnderstudyException(
                        ErrorCode.HOST_UNAVAILABLE,
                        "Host %s: program '%s' not found; install QEMU, or set the option 'binary'"
                                .formatted(host, binary)));
    }

    private static Optional<String> userName(HostName host, Map<String, String> options) {
        Optional<String> requested = Optional.ofNullable(options.get("user"));
        if (!Sandbox.isRoot()) {
            requested.filter(u -> !u.equals(System.getProperty("user.name"))).ifPresent(u -> {
                throw invalid(host, "user", "is '" + u + "', but only a server that runs as root can change the user");
            });
            return Optional.empty();
        }
        requested.filter(u -> SystemUser.find(PASSWD, u).isEmpty()).ifPresent(u -> {
            throw invalid(host, "user", "is '" + u + "', which is not a local user");
        });
        return Optional.of(requested.orElseGet(() -> defaultUser(PASSWD))).filter(u -> !u.equals("root"));
    }

    /** The first of two users that exists; its own user if none exists, which an admin can still create. */
    static String defaultUser(Path passwd) {
        return Stream.of(OWN_USER, USER_OF_LIBVIRT)
                .filter(name -> SystemUser.find(passwd, name).isPresent())
                .findFirst()
                .orElse(OWN_USER);
    }

    /**
     * The user of QEMU; empty: the user of this server.
     *
     * @throws UnderstudyException {@link ErrorCode#REFUSED_BY_FINDINGS} if it does not exist
     */
    Optional<SystemUser> user() {
        missingUser(PASSWD).ifPresent(missing -> {
            throw new UnderstudyException("QEMU cannot run on host " + name, List.of(missing));
        });
        return userName.flatMap(u -> SystemUser.find(PASSWD, u));
    }

    /** The finding if the user of QEMU does not exist. It is not cached, because an admin can create the user at any time. */
    Optional<Finding> missingUser() {
        return missingUser(PASSWD);
    }

    Optional<Finding> missingUser(Path passwd) {
        return userName.filter(u -> SystemUser.find(passwd, u).isEmpty())
                .map(u -> Finding.of(
                        FindingCode.QEMU_USER_MISSING,
                        "host " + name,
                        "User %s, which runs the QEMU of host %s, does not exist".formatted(u, name),
                        ("Create it: useradd --system --user-group --shell /usr/sbin/nologin %1$s. For KVM, add it to the"
                                        + " group kvm: usermod -aG kvm %1$s. To use another user, set the option 'user'.")
                                .formatted(u)));
    }

    private static Ports ports(HostName host, String text) {
        String[] parts = text.split("-", 2);
        try {
            int first = Integer.parseInt(parts[0].strip());
            int last = Integer.parseInt(parts[parts.length - 1].strip());
            if (first >= 1 && first <= last && last <= 65535) {
                return new Ports(first, last);
            }
        } catch (NumberFormatException e) {
            throw invalid(host, "migration-ports", "is '" + text + "'; use a range such as 49152-49215");
        }
        throw invalid(host, "migration-ports", "is '" + text + "'; use a range such as 49152-49215");
    }

    private static String accelerator(HostName host, String text) {
        if (!List.of("auto", "kvm", "tcg").contains(text)) {
            throw invalid(host, "accelerator", "is '" + text + "'; use auto, kvm or tcg");
        }
        return text;
    }

    private static String nearest(String key) {
        return KEYS.stream().min(Comparator.comparingInt(k -> distance(k, key))).orElseThrow();
    }

    /** The edit distance of two words. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(above, row[j - 1]) + 1, diagonal + change);
                diagonal = above;
            }
        }
        return row[b.length()];
    }

    private static UnderstudyException invalid(HostName host, String key, String problem) {
        return new UnderstudyException(
                ErrorCode.CONFIGURATION_INVALID, "Host %s: option '%s' %s".formatted(host, key, problem));
    }
}
