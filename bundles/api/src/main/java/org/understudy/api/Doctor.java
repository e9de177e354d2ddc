// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** Checks this server and its hosts. An OSGi service. */
@ProviderType
public interface Doctor {
    /** {@return all findings, worst first; {@link FindingCode#HEALTHY} notices name the checks that passed} */
    List<Finding> examine();
}
