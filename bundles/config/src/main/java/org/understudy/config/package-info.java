// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration file: reads {@code etc/understudy.yaml}, reports what is wrong with it, and applies its changes.
 *
 * <p>Owns the words key and last valid configuration. Called by every user of {@link org.understudy.api.Policies}. What
 * is wrong in a file keeps its last valid state. One thread polls the file and calls the listeners; every method may be
 * called from any thread.
 */
package org.understudy.config;
