// SPDX-License-Identifier: Apache-2.0
/**
 * Benchmarks that {@code ./understudy bench} runs: programs, not tests. The compared programs alternate in one run; only
 * the ratios of medians are results.
 */
package org.understudy.itests.bench;
