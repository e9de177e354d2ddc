// SPDX-License-Identifier: Apache-2.0
/**
 * The Karaf commands {@code understudy:*}.
 *
 * <p>Each command prints text or, with {@code --json}, one JSON document, and returns an exit
 * status: 0 done, otherwise that of {@link org.understudy.api.ErrorCode#exitCode()} or
 * {@link org.understudy.api.Outcome#exitCode()}. A check that finds an error, and a change that findings refuse,
 * exit with 4. Karaf creates one command object per call
 * and runs it on the thread of the session.
 */
@Header(name = "Karaf-Commands", value = "org.understudy.shell")
package org.understudy.shell;

import org.osgi.annotation.bundle.Header;
