// SPDX-License-Identifier: Apache-2.0
/**
 * Black-box tests of what is shipped. They use the built files only.
 *
 * <p>Run by Maven's failsafe plugin after everything is packaged; each test class is independent and leaves no
 * process and no file.
 */
package org.understudy.itests;
