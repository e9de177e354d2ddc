// SPDX-License-Identifier: Apache-2.0
/**
 * Failover conformance: what a real QEMU with a real Linux guest does with right and wrong pairs, and what Understudy
 * says of it. The production classes are put together as OSGi would, without OSGi.
 */
package org.understudy.itests.conformance;
