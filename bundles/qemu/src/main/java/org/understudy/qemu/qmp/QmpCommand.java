// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.function.Function;

/**
 * A command with its arguments and the reader of its reply.
 *
 * @param reader converts the {@code return} member of the reply
 */
public record QmpCommand<T>(String name, Map<String, ?> arguments, Function<JsonNode, T> reader) {
    T read(JsonNode reply) {
        return reader.apply(reply);
    }
}
