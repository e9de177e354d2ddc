// SPDX-License-Identifier: Apache-2.0
/**
 * Metrics of this server for Prometheus ({@code /understudy/metrics}) and JMX, and checks of the Felix Health Checks.
 *
 * <p>Counts what listeners report, so that a scrape costs the same for one VM and for a fleet. Knows the services of
 * {@link org.understudy.api} alone. Safe for use from any thread.
 */
package org.understudy.metrics;
