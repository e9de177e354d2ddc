// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.fleet;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.HostName;
import org.understudy.api.VmName;

/** What is known to be wrong with the definition of a VM. Does not block. */
@FunctionalInterface
interface DefinitionFindings {
    List<Finding> of(HostName host, VmName vm);
}
