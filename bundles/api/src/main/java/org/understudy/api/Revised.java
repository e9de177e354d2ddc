// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

/**
 * An object of an {@link Inventory} with its revision.
 *
 * @param <T> the type of the object
 * @param revision the revision of its last change
 * @param value the object
 */
public record Revised<T>(long revision, T value) {}
