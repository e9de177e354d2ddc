// SPDX-License-Identifier: Apache-2.0
package org.understudy.peer;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import org.understudy.api.ErrorCode;
import org.understudy.api.ProbeTarget;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostEvent;

/** The JSON form between two servers: every record with all its components, so that no value is lost. */
final class PeerJson {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModules(new Jdk8Module(), new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            // Methods such as isUserAlias are not components of a record.
            .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
            .addMixIn(HostEvent.class, ByName.class)
            .addMixIn(ProbeTarget.class, ByName.class)
            .build();

    static {
        MAPPER.registerSubtypes(HostEvent.class.getPermittedSubclasses());
        MAPPER.registerSubtypes(ProbeTarget.class.getPermittedSubclasses());
    }

    @JsonTypeInfo(use = JsonTypeInfo.Id.SIMPLE_NAME, property = "type")
    private interface ByName {}

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
