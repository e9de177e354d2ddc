// SPDX-License-Identifier: Apache-2.0
/**
 * Black-box tests of what is shipped. They know the built files and nothing of how they were built.
 *
 * <p>Run by Maven's failsafe plugin after everything is packaged; each test class is its own world and leaves no
 * process and no file behind.
 */
package org.understudy.itests;
