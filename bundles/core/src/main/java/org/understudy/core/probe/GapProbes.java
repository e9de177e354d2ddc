// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import org.understudy.api.ProbeTarget;

/** Opens probes. An OSGi service within this bundle. */
public interface GapProbes {
    /**
     * Starts a measurement; returns once the probe is ready to receive.
     *
     * @throws org.understudy.api.UnderstudyException {@link org.understudy.api.ErrorCode#IO_FAILED} if the heartbeat's
     *     address and port cannot be listened on; a missing program is not an error but
     *     {@link org.understudy.api.NetworkGap.NotMeasured}
     */
    GapProbe open(ProbeTarget target);
}
