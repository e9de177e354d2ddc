// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;

/**
 * The mappers for the records of the API, and all their settings. Each form is known outside this server, by clients, in
 * files, or by other servers, so its text does not change.
 */
public final class RecordMappers {
    /**
     * For files of this server: every component, so that a record is read back as it was. Unknown keys are ignored, so that
     * a server reads the files of a newer one.
     */
    public static final JsonMapper STORED = common().disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .annotationIntrospector(SealedForms.introspector("kind", SealedForms::kind))
            .build();

    /** Between servers: every component. An unknown key is an error, as it would get lost. */
    public static final JsonMapper EXCHANGED = common().annotationIntrospector(
                    SealedForms.introspector("type", Class::getSimpleName))
            .build();

    /** For clients, by the rules of {@link org.understudy.api.JsonView}. Cannot be read back. */
    static final JsonMapper DISPLAYED = common().defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_ABSENT, JsonInclude.Include.NON_ABSENT))
            .addModule(new DisplayModule())
            .build();

    private RecordMappers() {}

    private static JsonMapper.Builder common() {
        return JsonMapper.builder()
                .addModules(new Jdk8Module(), new JavaTimeModule())
                .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
                // Methods such as isUserAlias are not components of a record.
                .disable(MapperFeature.AUTO_DETECT_IS_GETTERS);
    }
}
