// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * The one JSON form of the vocabulary, so that the shell and REST print the same. An OSGi service.
 *
 * <p>Records become objects, optional values are left out when empty, durations are milliseconds with a key that ends
 * in {@code Ms}, instants are ISO 8601 in UTC, one-value records such as {@link VmName} are their value.
 */
public interface JsonView {
    /** @param value a record of this package, or a list or map of such */
    String write(Object value);
}
