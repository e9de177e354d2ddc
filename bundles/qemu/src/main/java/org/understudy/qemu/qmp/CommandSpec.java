// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * Declares the use of one QMP command.
 *
 * @param name as in QEMU
 * @param optional true if a supported QEMU may lack it; without it some state is unknown, which is not an error
 * @param arguments every argument that may be sent. {@code a.b} is member b of argument a or of its elements, {@code
 *     a=x} is the value x of an enumeration
 */
record CommandSpec(String name, boolean optional, List<String> arguments) {
    static CommandSpec required(String name, String... arguments) {
        return new CommandSpec(name, false, List.of(arguments));
    }

    static CommandSpec optional(String name, String... arguments) {
        return new CommandSpec(name, true, List.of(arguments));
    }

    /** Builds the command with its reply as JSON. */
    QmpCommand<JsonNode> with(Map<String, ?> values) {
        return with(values, reply -> reply);
    }

    /** Builds the command. An undeclared argument is a defect, because the schema check does not cover it. */
    <T> QmpCommand<T> with(Map<String, ?> values, Function<JsonNode, T> reader) {
        for (String argument : values.keySet()) {
            if (arguments.stream().noneMatch(a -> topLevel(a).equals(argument))) {
                throw new UnderstudyException(
                        ErrorCode.INTERNAL,
                        "Argument '%s' of QMP command '%s' is not declared".formatted(argument, name));
            }
        }
        return new QmpCommand<>(name, values, reader);
    }

    /** Builds a command with unchecked arguments, such as the properties of a device. */
    QmpCommand<JsonNode> withUnchecked(Map<String, ?> values) {
        return new QmpCommand<>(name, values, reply -> reply);
    }

    private static String topLevel(String argument) {
        return argument.split("[.=]", 2)[0];
    }
}
