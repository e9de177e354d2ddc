// SPDX-License-Identifier: Apache-2.0
/**
 * Runs the command {@code understudy-vf}: here, or on another machine over ssh.
 *
 * <p>Owns the word runner. Called by {@code org.understudy.hostnic.backend}, which knows what the command says. Knows nothing
 * of VFs. Safe for use from any thread; calls block up to their limit.
 */
package org.understudy.hostnic.run;
