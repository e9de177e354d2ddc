// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/** Distinguishes this server from others that use the same hosts or the same database. An OSGi service. */
@ProviderType
public interface ServerIdentity {
    /**
     * {@return the id of this server, of letters and digits; the same after a restart} Its VF leases and the entries of its history
     * have it.
     *
     * @throws UnderstudyException {@link ErrorCode#IO_FAILED} if the id cannot be stored
     */
    String id();
}
