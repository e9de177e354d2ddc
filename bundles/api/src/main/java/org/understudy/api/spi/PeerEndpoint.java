// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import org.understudy.api.HostName;

/**
 * Serves the hosts of this server to other servers that run Understudy. An OSGi service behind the REST interface; the
 * {@code peer} connector of the other server is its only caller.
 */
public interface PeerEndpoint {
    /**
     * Carries out one call and blocks as long as that call does.
     *
     * @param call a method of {@link Host}, {@code incoming/VM/METHOD}, {@code outgoing/VM/METHOD} or {@code events}
     * @param arguments the call's arguments as a JSON array
     * @return the result as JSON; {@code null} for a call without one
     * @throws org.understudy.api.UnderstudyException what the call throws; {@link
     *     org.understudy.api.ErrorCode#INVALID_ARGUMENT} for an unknown call or arguments that do not fit it
     */
    String call(HostName host, String call, String arguments);
}
