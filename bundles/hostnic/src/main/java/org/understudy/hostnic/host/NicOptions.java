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
import org.understudy.hostnic.run.SshTarget;

/**
 * The options {@code nics} of a host.
 *
 * @param command path of {@code understudy-vf}, or a name to look up in PATH
 * @param user user that runs QEMU and must open VFs; empty: no particular user
 * @param target address and credentials for {@link Access#SSH}
 */
record NicOptions(Access access, String command, String user, Optional<SshTarget> target) {
    /** How the NICs of a host are reached. */
    enum Access {
        /** The NICs of this machine. */
        LOCAL,
        SSH,
        /** Read-only, over the connection that manages the host's VMs. */
        LIBVIRT,
        /** No access. */
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
                .map(text -> access(host, text))
                .orElseGet(() -> defaultAccess(host));
        if (access == Access.LIBVIRT && !host.connector().equals(LIBVIRT)) {
            throw invalid(host, "has access libvirt, which needs the connector libvirt");
        }
        String command = Optional.ofNullable(keys.remove("command")).orElse(COMMAND);
        String user =
                Optional.ofNullable(keys.remove("qemu-user")).orElseGet(() -> onThisMachine ? qemuUser(host) : "");
        Optional<SshTarget> target = access == Access.SSH ? Optional.of(target(host, keys)) : Optional.empty();
        keys.keySet().stream().sorted().findFirst().ifPresent(key -> {
            throw invalid(host, "has key '" + key + "', which is unknown for access " + access);
        });
        return new NicOptions(access, command, user, target);
    }

    private static Access defaultAccess(HostPolicy host) {
        return switch (host.connector()) {
            case "qemu" -> Access.LOCAL;
            case LIBVIRT -> Access.LIBVIRT;
            default -> Access.NONE;
        };
    }

    /** True if the host's VFs are read-only, so that none is leased there whatever the state of the connection. */
    static boolean isByLibvirt(HostPolicy host) {
        return host.nics().getOrDefault(ACCESS, host.connector()).equals(LIBVIRT);
    }

    /** True if access to this host's NICs is configured or expected, not just possible. */
    static boolean isRequested(HostPolicy host) {
        return host.nics().containsKey(ACCESS) || !isByLibvirt(host);
    }

    /** Same default as the connector: a server run by root starts QEMU as another user. */
    private static String qemuUser(HostPolicy host) {
        String self = System.getProperty("user.name");
        return host.options().getOrDefault("user", self.equals("root") ? qemuUser(Path.of("/etc/passwd")) : self);
    }

    static String qemuUser(Path passwd) {
        return Stream.of("understudy-qemu", "libvirt-qemu")
                .filter(name -> isUser(passwd, name))
                .findFirst()
                .orElse("understudy-qemu");
    }

    private static boolean isUser(Path passwd, String name) {
        try (Stream<String> users = Files.lines(passwd)) {
            return users.anyMatch(line -> line.startsWith(name + ":"));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    private static Access access(HostPolicy host, String text) {
        return switch (text) {
            case "local" -> Access.LOCAL;
            case "ssh" -> Access.SSH;
            case LIBVIRT -> Access.LIBVIRT;
            case "none" -> Access.NONE;
            default -> throw invalid(host, "has access '" + text + "'; expected local, ssh, libvirt or none");
        };
    }

    private static SshTarget target(HostPolicy host, Map<String, String> keys) {
        return new SshTarget(
                require(host, keys, "address"),
                Optional.ofNullable(keys.remove("port")).map(p -> port(host, p)).orElse(SSH_PORT),
                require(host, keys, "user"),
                Path.of(require(host, keys, "key")),
                Path.of(require(host, keys, "known-hosts")));
    }

    private static String require(HostPolicy host, Map<String, String> keys, String key) {
        return Optional.ofNullable(keys.remove(key))
                .orElseThrow(() -> invalid(host, "lacks key '" + key + "', which access ssh requires"));
    }

    private static int port(HostPolicy host, String text) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > LAST_PORT) {
            throw invalid(host, "has port '" + text + "'; expected a number from 1 to 65535");
        }
        return Integer.parseInt(text);
    }

    private static UnderstudyException invalid(HostPolicy host, String what) {
        return new UnderstudyException(ErrorCode.CONFIGURATION_INVALID, "Host " + host.name() + ": nics " + what);
    }
}
