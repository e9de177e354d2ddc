// SPDX-License-Identifier: Apache-2.0
/**
 * Runs the command {@code understudy-vf} on this machine, or on another one over ssh.
 *
 * <p>Owns the term runner. Called by {@code org.understudy.hostnic.backend}, which parses the output. Independent of
 * VFs. Safe for use from any thread; calls block up to their limit.
 */
package org.understudy.hostnic.run;
