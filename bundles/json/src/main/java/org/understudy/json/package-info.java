// SPDX-License-Identifier: Apache-2.0
/**
 * The JSON forms of the API's records.
 *
 * <p>The shell and REST write through {@link org.understudy.api.JsonView}. It refers to no record by name: a new
 * record is written by the same rules as the others. Safe for use from any thread.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package org.understudy.json;
