// SPDX-License-Identifier: Apache-2.0
/**
 * The JSON forms of the API's records: for clients, for files of this server, and between servers.
 *
 * <p>{@link org.understudy.json.RecordMappers} has all settings. No record is referred to by name: a new one is written by
 * the same rules as the others. REST and the shell write through {@link org.understudy.api.JsonView}; the journal
 * of migrations and the peer protocol use the mappers. Safe for use from any thread.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package org.understudy.json;
