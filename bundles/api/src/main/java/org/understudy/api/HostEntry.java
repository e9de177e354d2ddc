// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A host of the configuration, as this server knows it.
 *
 * @param view the host, with its findings
 * @param staleSince since when its VMs cannot be read: they are those of that time; empty while they are current
 * @param nicsAvailable whether its SR-IOV NICs can be read now
 * @param nicAccess as {@link NicInventory#access}
 * @param pfs its PFs, by address
 * @param nicFindings problems of its NICs, and notices
 */
public record HostEntry(
        HostView view,
        Optional<Instant> staleSince,
        boolean nicsAvailable,
        String nicAccess,
        List<PfView> pfs,
        List<Finding> nicFindings) {}
