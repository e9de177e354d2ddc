// SPDX-License-Identifier: Apache-2.0
/**
 * Runs in a Karaf before the other bundles of Understudy are resolved, and decides whether they are: Karaf installs the
 * feature of this bundle first, and stops if it does not start. Needs nothing but Java 11 and Karaf's own services.
 */
package org.understudy.requirements;
