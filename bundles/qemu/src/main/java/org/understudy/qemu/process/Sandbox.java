// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.api.spi.HostFacts.Version;

/**
 * The user, the seccomp sandbox and the CPUs of a QEMU process: the strictest sandbox with which it can start.
 *
 * <p>QEMU without a bridge starts as the user, with every filter of the sandbox. With a bridge, QEMU itself runs the
 * bridge helper. If the server is root, QEMU drops its privileges after that. Otherwise the helper needs its setuid
 * bit, which has no effect inside the sandbox, so QEMU runs without it. Source: QEMU {@code softmmu/qemu-seccomp.c};
 * prctl(2), PR_SET_NO_NEW_PRIVS.
 *
 * @param user the user of QEMU; empty: the user of this server
 * @param bridge whether the VM has a NIC on a bridge
 * @param pinned whether a passed-through device, also one that is plugged later, pins the guest memory
 * @param cpus the CPUs of the host on which all threads of QEMU may run, such as {@code 0,1,8}; empty: all
 */
public record Sandbox(Optional<SystemUser> user, boolean bridge, boolean pinned, Optional<String> cpus) {
    private static final String STRICTEST = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

    /** True if this server runs as root and so can change users. */
    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** True if QEMU runs without the sandbox. */
    public boolean isDisabled() {
        return bridge && !isRoot();
    }

    /** The commands in front of the QEMU program. */
    List<String> prefix() {
        List<String> prefix = new ArrayList<>();
        cpus.ifPresent(list -> prefix.addAll(List.of("taskset", "-c", list)));
        if (pinned && isRoot()) {
            // VFIO counts pinned memory against this limit, which only root can raise.
            prefix.addAll(List.of("prlimit", "--memlock=unlimited:unlimited", "--"));
        }
        prefix.add("setsid");
        if (!bridge) {
            prefix.addAll(userCommand());
        }
        return prefix;
    }

    /** The command prefix that runs a program as the user; empty without a change of user. */
    public List<String> userCommand() {
        if (user.isEmpty()) {
            return List.of();
        }
        return List.of(
                "setpriv",
                "--reuid",
                user.get().name(),
                "--regid",
                user.get().group(),
                "--init-groups",
                "--no-new-privs",
                "--");
    }

    /** The options of QEMU for user and sandbox. */
    List<String> options(Version version) {
        List<String> options = new ArrayList<>();
        if (!isDisabled()) {
            options.addAll(List.of("-sandbox", sandbox()));
        }
        if (user.isPresent() && bridge) {
            options.addAll(
                    version.atLeast(9, 1)
                            ? List.of("-run-with", "user=" + user.get().name())
                            : List.of("-runas", user.get().name()));
        }
        return options;
    }

    private String sandbox() {
        if (!bridge) {
            return STRICTEST;
        }
        // The filter elevateprivileges would also forbid dropping privileges later.
        return user.isPresent()
                ? "on,obsolete=deny,resourcecontrol=deny"
                : "on,obsolete=deny,elevateprivileges=deny,resourcecontrol=deny";
    }
}
