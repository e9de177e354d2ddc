// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.vm;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.PciAddress;
import org.understudy.api.PrimaryKind;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.VfPools;
import org.understudy.api.spi.VfPools.Lease;
import org.understudy.core.domain.DomainView;
import org.understudy.core.domain.DomainView.PairView;

/** Leases the VFs a start needs, and gives them back if it fails. */
record VfAssignment(Optional<VfPools> pools) {

    /** @throws UnderstudyException also {@link org.understudy.api.ErrorCode#REFUSED_BY_FINDINGS} if a VF is lacking */
    void around(Location here, DomainView definition, Consumer<Map<Alias, PciAddress>> start) {
        List<Lease> leases = new ArrayList<>();
        try {
            for (PairView pair : definition.pairs()) {
                if (pair.kind() == PrimaryKind.VF && pair.vf().isEmpty()) {
                    leases.add(lease(here, pair));
                }
            }
            Map<Alias, PciAddress> vfs = new HashMap<>();
            leases.forEach(l -> vfs.put(l.primary(), l.vf()));
            start.accept(vfs);
        } catch (RuntimeException e) {
            leases.forEach(l -> pools.orElseThrow().release(l));
            throw e;
        }
    }

    private Lease lease(Location here, PairView pair) {
        String subject = "primary " + pair.primary() + " of VM " + here.vm().name();
        if (pools.isEmpty() || pair.pool().isEmpty()) {
            throw refusal(Finding.of(
                    FindingCode.POOL_NOT_SERVED,
                    subject,
                    subject + " needs a VF, and nothing on this server hands out VFs",
                    "Install the bundle that serves VF pools, or name the VF's PCI address in the definition."));
        }
        return pools.get()
                .lease(here.host().name(), pair.pool().get(), here.vm().name(), pair.primary())
                .orElseThrow(() -> refusal(Finding.of(
                        FindingCode.POOL_EXHAUSTED,
                        subject,
                        "Pool " + pair.pool().get() + " has no VF left for " + subject,
                        "Add VFs to the pool, or stop a VM that uses one.")));
    }

    private static UnderstudyException refusal(Finding finding) {
        return new UnderstudyException(finding.message(), List.of(finding));
    }
}
