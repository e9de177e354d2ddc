// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** Looks at this server and its hosts. An OSGi service. */
@ProviderType
public interface Doctor {
    /** {@return all findings, worst first; {@link FindingCode#HEALTHY} notices name what was checked and found well} */
    List<Finding> examine();
}
