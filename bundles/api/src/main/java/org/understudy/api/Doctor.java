// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/** Looks at this server and its hosts. An OSGi service. */
public interface Doctor {
    /** All findings, worst first; {@link FindingCode#HEALTHY} notices name what was checked and found well. */
    List<Finding> examine();
}
