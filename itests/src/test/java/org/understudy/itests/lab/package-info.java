// SPDX-License-Identifier: Apache-2.0
/**
 * Tests on a real kernel with real SR-IOV: the emulated host of {@code itests/lab}, whose README describes it.
 *
 * <p>Test classes share one host ({@link org.understudy.itests.lab.SharedHost}); their tests run one after the other and
 * restore what they change.
 */
package org.understudy.itests.lab;
