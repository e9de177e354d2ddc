// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.Map;
import org.apache.karaf.shell.api.action.Command;
import org.understudy.api.Action;

/**
 * The action of each command. Karaf's access list in the feature has the roles that permit it, and a test compares both. A
 * command that is not listed needs an admin.
 */
final class CommandActions {
    private static final Map<String, Action> BY_NAME = Map.ofEntries(
            Map.entry("bulk-cancel", Action.CANCEL),
            Map.entry("bulk-list", Action.VIEW),
            Map.entry("bulk-show", Action.VIEW),
            Map.entry("doctor", Action.VIEW),
            Map.entry("host-list", Action.VIEW),
            Map.entry("lint", Action.VIEW),
            Map.entry("migrate", Action.MIGRATE),
            Map.entry("migrate-bulk", Action.MIGRATE),
            Map.entry("migration-cancel", Action.CANCEL),
            Map.entry("migration-list", Action.VIEW),
            Map.entry("migration-show", Action.VIEW),
            Map.entry("pair-off", Action.PAIR),
            Map.entry("pair-on", Action.PAIR),
            Map.entry("pool-list", Action.VIEW),
            Map.entry("preflight", Action.VIEW),
            Map.entry("readiness", Action.VIEW),
            Map.entry("token-create", Action.TOKENS),
            Map.entry("token-list", Action.TOKENS),
            Map.entry("token-revoke", Action.TOKENS),
            Map.entry("vf-list", Action.VIEW),
            Map.entry("vm-define", Action.DEFINE),
            Map.entry("vm-destroy", Action.POWER),
            Map.entry("vm-dump", Action.READ_DEFINITION),
            Map.entry("vm-list", Action.VIEW),
            Map.entry("vm-pause", Action.POWER),
            Map.entry("vm-reset", Action.POWER),
            Map.entry("vm-resume", Action.POWER),
            Map.entry("vm-show", Action.VIEW),
            Map.entry("vm-shutdown", Action.POWER),
            Map.entry("vm-start", Action.POWER),
            Map.entry("vm-undefine", Action.UNDEFINE));

    private CommandActions() {}

    static boolean knows(Class<?> command) {
        return BY_NAME.containsKey(name(command));
    }

    static Action of(Class<?> command) {
        return BY_NAME.getOrDefault(name(command), Action.DEFINE);
    }

    private static String name(Class<?> command) {
        return command.getAnnotation(Command.class).name();
    }
}
