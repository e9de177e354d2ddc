// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** Checks the network configuration inside guests, by the QEMU guest agent. An OSGi service; safe for use from any thread. */
@ProviderType
public interface GuestChecks {
    /**
     * Checks whether the guest of a VM uses its pairs as one network device each. Runs a program in the guest that only reads, if
     * its agent permits that. Blocks for the agent, up to about 10 s.
     *
     * @param vm the VM
     * @return the findings; a {@link FindingCode#HEALTHY} notice if there are none
     * @throws UnderstudyException {@link ErrorCode#VM_NOT_FOUND}, {@link ErrorCode#HOST_UNAVAILABLE}
     */
    List<Finding> check(VmAddress vm);
}
