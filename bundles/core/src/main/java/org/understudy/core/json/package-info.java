// SPDX-License-Identifier: Apache-2.0
/**
 * The one JSON form of the vocabulary.
 *
 * <p>Called by the shell and by REST through {@link org.understudy.api.JsonView}. It knows no record by name: a new
 * record is written by the same rules as the others. Safe for use from any thread.
 */
package org.understudy.core.json;
