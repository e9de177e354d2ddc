// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/** Writes records as JSON on one line. */
@Component
public final class RecordJson implements JsonView {
    private final JsonFactory factory = JsonFactory.builder()
            .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
            .build();

    @Activate
    public RecordJson() {}

    @Override
    public String write(Object value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = factory.createGenerator(text)) {
            new ValueWriter(json).write(value);
        } catch (IOException e) {
            throw new UnderstudyException(ErrorCode.INTERNAL, value.getClass() + " cannot be written as JSON", e);
        }
        return text.toString();
    }
}
