// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.function.Function;

/**
 * One command with its arguments, ready to be sent.
 *
 * @param reader turns the reply's {@code return} member into what the caller wants
 */
public record QmpCommand<T>(String name, Map<String, ?> arguments, Function<JsonNode, T> reader) {
    T read(JsonNode reply) {
        return reader.apply(reply);
    }
}
