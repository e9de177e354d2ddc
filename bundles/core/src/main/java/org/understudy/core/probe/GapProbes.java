// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import org.understudy.api.ProbeTarget;

/** Opens probes. An OSGi service within this bundle. */
public interface GapProbes {
    /**
     * Starts to measure and returns once the probe listens.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#IO_FAILED} if the heartbeat's
     *     address and port cannot be listened on; a tool that is missing is no error but
     *     {@link org.understudy.api.NetworkGap.NotMeasured}
     */
    GapProbe open(ProbeTarget target);
}
