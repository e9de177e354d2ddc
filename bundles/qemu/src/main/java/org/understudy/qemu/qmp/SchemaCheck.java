// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a QEMU lacks of all that Understudy uses.
 *
 * @param missing what is needed and not there, such as {@code command migrate-continue}, {@code argument uri of command
 *     migrate}, {@code member device-id of event UNPLUG_PRIMARY}; empty if this QEMU can be used
 * @param notKnown what older QEMUs lack: without it something cannot be told, and nothing is wrong
 */
public record SchemaCheck(List<String> missing, List<String> notKnown) {
    /**
     * Compares the list of commands and events with a QEMU's own description.
     *
     * @param reply of {@link QmpCommands#queryQmpSchema}
     */
    public static SchemaCheck of(JsonNode reply) {
        Schema schema = new Schema(reply);
        SchemaCheck check = new SchemaCheck(new ArrayList<>(), new ArrayList<>());
        for (CommandSpec spec : QmpCommands.ALL) {
            check.compare(
                    schema,
                    "command " + spec.name(),
                    schema.command(spec.name()),
                    spec.optional(),
                    "argument",
                    spec.arguments());
        }
        for (EventSpec spec : QmpEvents.ALL) {
            check.compare(
                    schema,
                    "event " + spec.name(),
                    schema.event(spec.name()),
                    spec.optional(),
                    "member",
                    spec.members());
        }
        return new SchemaCheck(List.copyOf(check.missing), List.copyOf(check.notKnown));
    }

    /** Changes with the list of what Understudy uses; results of an older list are worth nothing. */
    public static String listFingerprint() {
        return Integer.toHexString(Objects.hash(QmpCommands.ALL, QmpEvents.ALL));
    }

    private void compare(
            Schema schema, String what, Optional<JsonNode> type, boolean optional, String part, List<String> paths) {
        List<String> target = optional ? notKnown : missing;
        if (type.isEmpty()) {
            target.add(what);
            return;
        }
        for (String path : paths) {
            if (!schema.has(type.get(), path)) {
                target.add("%s %s of %s".formatted(part, path, what));
            }
        }
    }

    /** True if this QEMU has a command. */
    public boolean knows(QmpCommand<?> command) {
        String what = "command " + command.name();
        return !missing.contains(what) && !notKnown.contains(what);
    }
}
