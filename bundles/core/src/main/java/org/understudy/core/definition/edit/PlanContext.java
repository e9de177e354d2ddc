// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import org.understudy.api.Policy;

/**
 * What the planner has to know besides the document.
 *
 * @param policy pools, networks and whether an emulated primary may stand in
 */
public record PlanContext(Policy policy) {}
