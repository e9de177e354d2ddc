// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * What Understudy uses of one QMP command.
 *
 * @param name as QEMU spells it
 * @param optional true if a supported QEMU may lack it; then something is "not known", and nothing is wrong
 * @param arguments every argument that may be sent. {@code a.b} is member b of argument a or of its elements, {@code
 *     a=x} says that the value x of an enumeration is used
 */
record CommandSpec(String name, boolean optional, List<String> arguments) {
    static CommandSpec required(String name, String... arguments) {
        return new CommandSpec(name, false, List.of(arguments));
    }

    static CommandSpec optional(String name, String... arguments) {
        return new CommandSpec(name, true, List.of(arguments));
    }

    /** The command for a caller who does not care for the reply's members. */
    QmpCommand<JsonNode> with(Map<String, ?> values) {
        return with(values, reply -> reply);
    }

    /** The command; an argument that is not declared is a defect, because no schema check would cover it. */
    <T> QmpCommand<T> with(Map<String, ?> values, Function<JsonNode, T> reader) {
        for (String argument : values.keySet()) {
            if (arguments.stream().noneMatch(a -> first(a).equals(argument))) {
                throw new UnderstudyException(
                        ErrorCode.INTERNAL, "argument '%s' of '%s' is not declared".formatted(argument, name));
            }
        }
        return new QmpCommand<>(name, values, reader);
    }

    /** The same for a command whose further arguments depend on the first ones, such as a device's properties. */
    QmpCommand<JsonNode> withFree(Map<String, ?> values) {
        return new QmpCommand<>(name, values, reply -> reply);
    }

    private static String first(String argument) {
        return argument.split("[.=]", 2)[0];
    }
}
