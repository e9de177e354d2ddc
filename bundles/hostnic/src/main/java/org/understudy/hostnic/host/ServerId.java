// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.host;

import org.understudy.api.HostName;

/**
 * Identifies the server that holds a lease; stable across restarts.
 *
 * @param value letters and digits
 */
record ServerId(String value) {
    /** Includes the host, because two configured hosts may be the same machine. */
    String owner(HostName host) {
        return value + ":" + host;
    }
}
