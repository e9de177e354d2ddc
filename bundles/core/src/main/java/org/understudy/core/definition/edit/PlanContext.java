// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import org.understudy.api.Policy;

/**
 * The input of the editor besides the document.
 *
 * @param policy pools, networks and whether an emulated primary is allowed
 */
public record PlanContext(Policy policy) {}
