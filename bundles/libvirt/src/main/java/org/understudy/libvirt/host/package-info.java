// SPDX-License-Identifier: Apache-2.0
/**
 * Hosts of kind {@code libvirt}.
 *
 * <p>Called by {@code org.understudy.core} through the SPI; the connector is an OSGi component that can also be created with
 * {@code new}. Safe for use from any thread; calls block for the host's answer.
 */
package org.understudy.libvirt.host;
