// SPDX-License-Identifier: Apache-2.0
/**
 * The domain model and the services of Understudy: records for objects, interfaces for services.
 *
 * <p>Owns the vocabulary (host, VM, NIC, failover pair, pool, lease, migration, finding) that every other bundle, the
 * shell, the REST interface and the console share. Called by management servers and by Understudy's own interfaces; the
 * services are implemented in {@code org.understudy.core}, {@link Policies} in {@code org.understudy.config}. Everything
 * here is immutable and safe for use from any thread unless a type states otherwise. Nothing here does I/O.
 *
 * <p>A management server uses the services and implements only {@link NicContributor} ({@code @ConsumerType}), which
 * changes with a major version alone. The other interfaces ({@code @ProviderType}) may get another method with a new minor
 * version.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package org.understudy.api;
