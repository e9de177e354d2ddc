// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Writes the JSON form of the records of this package, which the shell and REST share. An OSGi service.
 *
 * <p>Records become objects, optional values are left out when empty, durations are milliseconds with a key that ends
 * in {@code Ms}, instants are ISO 8601 in UTC, one-value records such as {@link VmName} are their value.
 */
@ProviderType
public interface JsonView {
    /**
     * Writes a value as JSON on one line.
     *
     * @param value a record of this package, or a list or map of such
     * @return the JSON text
     * @throws UnderstudyException {@link ErrorCode#INTERNAL} for a value that has no JSON form
     */
    String write(Object value);
}
