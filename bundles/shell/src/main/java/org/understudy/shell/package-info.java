// SPDX-License-Identifier: Apache-2.0
/**
 * The Karaf commands {@code understudy:*}.
 *
 * <p>Each command prints text for people or, with {@code --json}, one JSON document for programs, and returns an exit
 * status: 0 done, otherwise the one that {@link org.understudy.api.ErrorCode#exitCode()} or
 * {@link org.understudy.api.Outcome#exitCode()} gives. A check that finds an error, and a change that findings refuse,
 * exit with 4. Called by Karaf's shell, one new command object for each call, on the session's thread.
 */
@Header(name = "Karaf-Commands", value = "org.understudy.shell")
package org.understudy.shell;

import org.osgi.annotation.bundle.Header;
