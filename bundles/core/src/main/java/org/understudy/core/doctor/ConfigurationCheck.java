// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.Policies;

/** Checks whether the configuration has errors; each host reports new options that wait. */
record ConfigurationCheck(Policies policies) implements Check {
    @Override
    public List<Finding> findings() {
        List<Finding> rejected = policies.findings();
        int hosts = policies.current().hosts().size();
        int pools = policies.current().pools().size();
        String message = "The configuration has no errors: hosts %d, pools %d".formatted(hosts, pools);
        return rejected.isEmpty() ? List.of(Check.healthy("configuration", message)) : rejected;
    }
}
