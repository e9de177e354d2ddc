// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.json.RecordMappers;

/** The JSON form between two servers: every record with all its components, so that no value is lost. */
final class PeerJson {
    private static final JsonMapper MAPPER = RecordMappers.EXCHANGED;

    private PeerJson() {}

    static String write(Object value, Type type) {
        try {
            return MAPPER.writerFor(MAPPER.constructType(type)).writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, type + " cannot be written as JSON", e);
        }
    }

    static String writeArguments(Method method, Object... arguments) {
        Type[] types = method.getGenericParameterTypes();
        StringBuilder array = new StringBuilder("[");
        for (int i = 0; i < types.length; i++) {
            array.append(i == 0 ? "" : ",").append(write(arguments[i], types[i]));
        }
        return array.append(']').toString();
    }

    static Object[] readArguments(Method method, String json) {
        Type[] types = method.getGenericParameterTypes();
        try {
            JsonNode array = MAPPER.readTree(json);
            if (!(array instanceof ArrayNode) || array.size() != types.length) {
                throw new UnderstudyException(
                        ErrorCode.INVALID_ARGUMENT,
                        "Arguments of " + method.getName() + " must be a JSON array of " + types.length);
            }
            Object[] arguments = new Object[types.length];
            for (int i = 0; i < types.length; i++) {
                arguments[i] = MAPPER.treeToValue(array.get(i), MAPPER.constructType(types[i]));
            }
            return arguments;
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT,
                    "Arguments of " + method.getName() + " are invalid: " + e.getOriginalMessage(),
                    e);
        }
    }

    static Object read(String json, Type type) {
        try {
            return MAPPER.readValue(json, MAPPER.constructType(type));
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(
                    ErrorCode.HOST_UNAVAILABLE,
                    "Response of the peer is not a " + type + ": " + e.getOriginalMessage(),
                    e);
        }
    }
}
