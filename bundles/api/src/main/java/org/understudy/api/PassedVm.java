// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;

/**
 * A VM that a hook of its manager let continue without a VF, although it should have got one.
 *
 * @param vm its name
 * @param at when the hook let it continue
 * @param reason why it got no VF, such as that this server did not answer
 */
public record PassedVm(VmName vm, Instant at, String reason) {}
