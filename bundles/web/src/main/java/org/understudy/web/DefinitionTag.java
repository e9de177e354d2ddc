// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * The entity tag of a definition. A client that sends it in {@code If-Match} changes only the definition that it has read.
 * Source: RFC 9110, 13.1.1.
 */
final class DefinitionTag {
    private DefinitionTag() {}

    static String of(String definition) {
        return "\"" + UUID.nameUUIDFromBytes(definition.getBytes(StandardCharsets.UTF_8)) + "\"";
    }

    /** @param definition reads the definition right before it is changed */
    static void requireMatch(RestRequest request, Supplier<String> definition) {
        request.header("If-Match").filter(tags -> !tags.strip().equals("*")).ifPresent(tags -> {
            String tag = of(definition.get());
            if (Arrays.stream(tags.split(",")).map(String::strip).noneMatch(tag::equals)) {
                throw new UnderstudyException(
                        ErrorCode.PRECONDITION_FAILED, "The definition has the ETag " + tag + ", not " + tags);
            }
        });
    }
}
