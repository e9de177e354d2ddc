// SPDX-License-Identifier: Apache-2.0
/**
 * Benchmarks that {@code ./understudy bench} runs: programs, not tests. What is compared takes turns in one run, and only
 * ratios of medians are concluded from.
 */
package org.understudy.itests.bench;
