// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The QMP commands, events and members that Understudy uses and a QEMU lacks.
 *
 * @param missing required but not supported, such as {@code command migrate-continue}, {@code argument uri of command
 *     migrate}, {@code member device-id of event UNPLUG_PRIMARY}; empty if this QEMU is supported
 * @param missingOptional optional and not supported; without them some state is unknown, which is not an error
 */
public record SchemaCheck(List<String> missing, List<String> missingOptional) {
    /**
     * Compares the commands and events in use with the schema of a QEMU.
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
        return new SchemaCheck(List.copyOf(check.missing), List.copyOf(check.missingOptional));
    }

    /** A fingerprint of the commands and events in use; a result with another fingerprint is outdated. */
    public static String listFingerprint() {
        return Integer.toHexString(Objects.hash(QmpCommands.ALL, QmpEvents.ALL));
    }

    private void compare(
            Schema schema, String what, Optional<JsonNode> type, boolean optional, String part, List<String> paths) {
        List<String> target = optional ? missingOptional : missing;
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

    /** True if this QEMU supports the command. */
    public boolean supports(QmpCommand<?> command) {
        String what = "command " + command.name();
        return !missing.contains(what) && !missingOptional.contains(what);
    }
}
