// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.edit;

import java.util.Set;
import org.understudy.api.Policy;

/**
 * The input of the editor besides the document.
 *
 * @param policy pools, networks and whether an emulated primary is allowed
 * @param vfNetworks networks of the host that hand out VFs; empty without a host
 */
public record PlanContext(Policy policy, Set<String> vfNetworks) {}
