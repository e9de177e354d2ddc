// SPDX-License-Identifier: Apache-2.0
/**
 * Failover conformance: the behaviour of a real QEMU with a real Linux guest for correct and incorrect pairs, and the reports
 * of Understudy. The production classes are wired as by OSGi, without OSGi.
 */
package org.understudy.itests.conformance;
