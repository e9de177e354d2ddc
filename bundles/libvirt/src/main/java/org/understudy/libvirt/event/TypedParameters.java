// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.event;

import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads an array of virTypedParameter. Source: libvirt's {@code libvirt-common.h}. */
final class TypedParameters {
    private static final int FIELD = 80;
    private static final int TYPE = FIELD;
    private static final int VALUE = 88;
    private static final int SIZE = 96;
    private static final int ULLONG = 4;

    private TypedParameters() {}

    /** The value of the field; empty if there is none of type unsigned long long. */
    static Optional<Long> unsigned(Pointer parameters, int count, String field) {
        for (int i = 0; i < count; i++) {
            Pointer parameter = parameters.share((long) i * SIZE);
            String name = parameter.getString(0, StandardCharsets.UTF_8.name());
            if (name.equals(field) && parameter.getInt(TYPE) == ULLONG) {
                return Optional.of(parameter.getLong(VALUE));
            }
        }
        return Optional.empty();
    }
}
