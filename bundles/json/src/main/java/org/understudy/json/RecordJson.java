// SPDX-License-Identifier: Apache-2.0
package org.understudy.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/** Writes records as JSON on one line. */
@Component
public final class RecordJson implements JsonView {
    @Activate
    public RecordJson() {}

    @Override
    public String write(Object value) {
        try {
            return RecordMappers.DISPLAYED.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(
                    ErrorCode.INTERNAL, value.getClass() + " cannot be written as JSON: " + e.getOriginalMessage(), e);
        }
    }
}
