// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.process;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.understudy.api.spi.HostFacts.Version;

/**
 * Under which user and behind which sandbox a QEMU runs: the tightest that lets it start.
 *
 * <p>QEMU without a bridge gets the user before it begins, and may do nothing that its sandbox knows. With a bridge
 * QEMU itself has to run the bridge helper. Started by root, QEMU then drops its rights after that. Started by another
 * user, the helper needs the right of its file mode, which the kernel gives to nobody behind a sandbox; so there is
 * none. Source: QEMU {@code softmmu/qemu-seccomp.c}; prctl(2), PR_SET_NO_NEW_PRIVS.
 *
 * @param user the user QEMU is to have; empty: that of this server
 * @param bridge whether the VM has a NIC on a bridge
 * @param pinned whether a passed-through device pins the guest's memory, also one that is plugged later
 */
public record Sandbox(Optional<SystemUser> user, boolean bridge, boolean pinned) {
    private static final String NOTHING = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

    /** True if this server may change users. */
    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** True if QEMU runs without its sandbox. */
    public boolean isOpen() {
        return bridge && !isRoot();
    }

    /** What stands before the program. */
    List<String> prefix() {
        List<String> prefix = new ArrayList<>();
        if (pinned && isRoot()) {
            // VFIO counts what it pins against this limit, which only root can raise.
            prefix.addAll(List.of("prlimit", "--memlock=unlimited:unlimited", "--"));
        }
        prefix.add("setsid");
        if (!bridge) {
            prefix.addAll(changeOfUser());
        }
        return prefix;
    }

    /** The command that runs another one as the user; empty if there is no change. */
    public List<String> changeOfUser() {
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

    /** QEMU's options. */
    List<String> options(Version version) {
        List<String> options = new ArrayList<>();
        if (!isOpen()) {
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
            return NOTHING;
        }
        // Dropping rights later is itself a change of rights.
        return user.isPresent()
                ? "on,obsolete=deny,resourcecontrol=deny"
                : "on,obsolete=deny,elevateprivileges=deny,resourcecontrol=deny";
    }
}
