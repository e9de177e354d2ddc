// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.MigrationStrategy;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

/** What the VFs of VMs cost in their last migrations. Safe for use from any thread. */
public final class VfOpenings {
    private static final Logger LOG = LoggerFactory.getLogger(VfOpenings.class);
    /** For each VM and strategy; one slow migration must not decide for ever. */
    private static final int KEPT_PER_VM = 3;

    private static final int KEPT = 2000;

    private final VfOpening.Store store;

    VfOpenings(VfOpening.Store store) {
        this.store = store;
    }

    /** Adds what was measured. A full disk must not fail the migration: it is logged. */
    public synchronized void add(VfOpening fresh) {
        List<VfOpening> all = new ArrayList<>(store.openings());
        List<VfOpening> same = all.stream()
                .filter(o -> o.vm().equals(fresh.vm()) && o.strategy() == fresh.strategy())
                .toList();
        same.stream().limit(Math.max(0, same.size() - KEPT_PER_VM + 1)).forEach(all::remove);
        all.add(fresh);
        try {
            store.keepOpenings(all.subList(Math.max(0, all.size() - KEPT), all.size()));
        } catch (UnderstudyException e) {
            LOG.warn("VM {}: time to open its VFs could not be stored: {}", fresh.vm(), e.getMessage());
        }
    }

    /** The longest time in the last migrations of the VM with this strategy; of a VM of another size it does not count. */
    public synchronized Optional<Duration> longest(VmName vm, MigrationStrategy strategy, long memory, int vfs) {
        return store.openings().stream()
                .filter(o -> o.vm().equals(vm) && o.strategy() == strategy && o.memory() == memory && o.vfs() == vfs)
                .map(VfOpening::time)
                .max(Comparator.naturalOrder());
    }
}
