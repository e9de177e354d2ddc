// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.core.definition.DomainView.PairView;

/** A primary whose unplug a cancelled migration requested, and that the guest may still release. */
record PendingUnplug(HostName host, VmName vm, PairView pair) {
    boolean isOn(HostName other, VmName otherVm) {
        return host.equals(other) && vm.equals(otherVm);
    }

    Alias primary() {
        return pair.primary();
    }

    /** Keeps pending unplugs over a restart. */
    interface Store {
        /** Empty if they cannot be read, which is logged. */
        List<PendingUnplug> pendingUnplugs();

        /** Returns once they are on disk. */
        void keep(List<PendingUnplug> all);
    }
}
