// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.spi;

import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;
import org.understudy.api.HostName;

/**
 * Serves the hosts of this server to other servers that run Understudy. An OSGi service behind the REST interface; the
 * {@code peer} connector of the other server is its only caller.
 */
@ProviderType
public interface PeerEndpoint {
    /** The HTTP header of every request and response; its value is the sender's protocol version, a decimal number. */
    String PROTOCOL_HEADER = "Understudy-Peer-Protocol";

    /** {@return the protocol version of this server, as the value of the header} Does not block. */
    String protocol();

    /**
     * Executes one call and blocks as long as that call does.
     *
     * @param callerProtocol the value of the request's header; empty if it has none, as before version 1
     * @param host the name of the host on this server
     * @param call a method of {@link Host}, {@code incoming/VM/METHOD}, {@code outgoing/VM/METHOD} or {@code events}; behind
     *     it may be {@code ?migration=ID}, so that the call reaches no other migration of the VM
     * @param arguments the call's arguments as a JSON array
     * @return the result as JSON; {@code null} for a call without one
     * @throws org.understudy.api.UnderstudyException what the call throws; {@link
     *     org.understudy.api.ErrorCode#INVALID_ARGUMENT} for an unknown call or arguments that do not fit it; {@link
     *     org.understudy.api.ErrorCode#HOST_UNAVAILABLE} if the caller's protocol version is not compatible
     */
    String call(Optional<String> callerProtocol, HostName host, String call, String arguments);
}
