// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * The SR-IOV functions of one host.
 *
 * @param host the host
 * @param available whether they can be read now; if not, the lists are empty
 * @param access the way of access, such as {@code in process}, {@code command} or {@code ssh}
 * @param pfs by address
 * @param vfs by address
 * @param findings problems and notices
 */
public record NicInventory(
        HostName host, boolean available, String access, List<PfView> pfs, List<VfView> vfs, List<Finding> findings) {}
