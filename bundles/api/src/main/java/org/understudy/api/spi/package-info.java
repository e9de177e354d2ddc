// SPDX-License-Identifier: Apache-2.0
/**
 * The interfaces of connectors: hosts, the two ends of a migration, and the VFs of a host.
 *
 * <p>Owns the words of the two ends of a migration (incoming, outgoing) and the events of a host. Called by
 * {@code org.understudy.core}; implemented by {@code org.understudy.qemu}, {@code org.understudy.libvirt} and
 * {@code org.understudy.peer}. Implementations must be safe for use from any thread. Events are delivered in order on
 * one thread of the connector; a consumer must not block.
 *
 * <p>A connector provides these interfaces ({@code @ProviderType}): they may get another method with a new minor version
 * of this package, and a connector that was built against the version before does not resolve then.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package org.understudy.api.spi;
