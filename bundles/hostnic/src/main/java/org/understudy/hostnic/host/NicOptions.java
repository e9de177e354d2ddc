// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.understudy.api.ErrorCode;
import org.understudy.api.Policy.HostPolicy;
import org.understudy.api.UnderstudyException;
import org.understudy.hostnic.run.SshRunner.Target;

/**
 * The keys {@code nics} of a host.
 *
 * @param command the program {@code understudy-vf}: a path, or a name found in PATH
 * @param user who runs QEMU and has to open VFs; empty: nobody in particular
 * @param target where to, for {@link Access#SSH}
 */
record NicOptions(Access access, String command, String user, Optional<Target> target) {
    /** How the NICs of a host are reached. */
    enum Access {
        /** They are this machine's. */
        LOCAL,
        SSH,
        /** Over the connection that drives the host's VMs, which can change nothing. */
        LIBVIRT,
        /** Not at all. */
        NONE
    }

    private static final String ACCESS = "access";
    private static final String LIBVIRT = "libvirt";
    private static final String COMMAND = "understudy-vf";
    private static final int SSH_PORT = 22;
    private static final int LAST_PORT = 65535;

    /** @throws UnderstudyException {@link ErrorCode#CONFIGURATION_INVALID} */
    static NicOptions of(HostPolicy host) {
        Map<String, String> keys = new HashMap<>(host.nics());
        boolean onThisMachine = host.connector().equals("qemu");
        Access access = Optional.ofNullable(keys.remove(ACCESS))
                .map(word -> access(host, word))
                .orElseGet(() -> usual(host));
        if (access == Access.LIBVIRT && !host.connector().equals(LIBVIRT)) {
            throw invalid(host, "has access libvirt, which needs the connector libvirt");
        }
        String command = Optional.ofNullable(keys.remove("command")).orElse(COMMAND);
        String user =
                Optional.ofNullable(keys.remove("qemu-user")).orElseGet(() -> onThisMachine ? qemuUser(host) : "");
        Optional<Target> target = access == Access.SSH ? Optional.of(target(host, keys)) : Optional.empty();
        keys.keySet().stream().sorted().findFirst().ifPresent(key -> {
            throw invalid(host, "has the key '" + key + "', which access " + access + " does not know");
        });
        return new NicOptions(access, command, user, target);
    }

    private static Access usual(HostPolicy host) {
        return switch (host.connector()) {
            case "qemu" -> Access.LOCAL;
            case LIBVIRT -> Access.LIBVIRT;
            default -> Access.NONE;
        };
    }

    /** Whether the host's VFs can only be looked at, so that nothing is leased there whatever becomes of the connection. */
    static boolean isByLibvirt(HostPolicy host) {
        return host.nics().getOrDefault(ACCESS, host.connector()).equals(LIBVIRT);
    }

    /** Whether somebody wants this host's NICs to be reached, rather than that they can be. */
    static boolean isAsked(HostPolicy host) {
        return host.nics().containsKey(ACCESS) || !isByLibvirt(host);
    }

    /** The same as the connector's own default: a server run by root starts QEMU as somebody else. */
    private static String qemuUser(HostPolicy host) {
        String self = System.getProperty("user.name");
        String usual = !self.equals("root") ? self : isUser("libvirt-qemu") ? "libvirt-qemu" : "nobody";
        return host.options().getOrDefault("user", usual);
    }

    private static boolean isUser(String name) {
        try (Stream<String> users = Files.lines(Path.of("/etc/passwd"))) {
            return users.anyMatch(line -> line.startsWith(name + ":"));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    private static Access access(HostPolicy host, String word) {
        return switch (word) {
            case "local" -> Access.LOCAL;
            case "ssh" -> Access.SSH;
            case LIBVIRT -> Access.LIBVIRT;
            case "none" -> Access.NONE;
            default -> throw invalid(host, "has access '" + word + "', which is none of local, ssh, libvirt, none");
        };
    }

    private static Target target(HostPolicy host, Map<String, String> keys) {
        return new Target(
                require(host, keys, "address"),
                Optional.ofNullable(keys.remove("port")).map(p -> port(host, p)).orElse(SSH_PORT),
                require(host, keys, "user"),
                Path.of(require(host, keys, "key")),
                Path.of(require(host, keys, "known-hosts")));
    }

    private static String require(HostPolicy host, Map<String, String> keys, String key) {
        return Optional.ofNullable(keys.remove(key))
                .orElseThrow(() -> invalid(host, "lacks the key '" + key + "' that access ssh needs"));
    }

    private static int port(HostPolicy host, String text) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > LAST_PORT) {
            throw invalid(host, "has port '" + text + "', which is no number from 1 to 65535");
        }
        return Integer.parseInt(text);
    }

    private static UnderstudyException invalid(HostPolicy host, String what) {
        return new UnderstudyException(ErrorCode.CONFIGURATION_INVALID, "nics of host '" + host.name() + "' " + what);
    }
}
