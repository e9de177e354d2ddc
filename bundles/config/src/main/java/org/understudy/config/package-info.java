// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration file: reads {@code etc/understudy.yaml}, reports what is wrong with it, and follows its changes.
 *
 * <p>Owns the words key and last good configuration. Called by everything that needs
 * {@link org.understudy.api.Policies}. A file is read as a whole or not at all. One thread looks for changes and calls
 * the listeners; every method may be called from any thread.
 */
package org.understudy.config;
