// SPDX-License-Identifier: Apache-2.0
/**
 * The JSON form of the API's records.
 *
 * <p>Called by the shell and by REST through {@link org.understudy.api.JsonView}. It refers to no record by name: a new
 * record is written by the same rules as the others. Safe for use from any thread.
 */
package org.understudy.core.json;
