// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.manager;

import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.NicContributor;
import org.understudy.api.NicProvisioning.Occasion;
import org.understudy.api.Provisioned;

/** A rule of this manager: refuses the migration of a VM with the title "stays". */
@Component
public final class NightShift implements NicContributor {
    private static final String TITLE = "<title>stays</title>";

    @Override
    public Provisioned contribute(Occasion occasion, HostName host, String definition) {
        boolean refused = occasion == Occasion.MIGRATE && definition.contains(TITLE);
        Finding veto = Finding.of(
                FindingCode.VETOED,
                "title of the VM",
                "The VM has the title \"stays\" and must not be migrated",
                "Remove the title, or migrate another VM.");
        return new Provisioned(definition, refused ? List.of(veto) : List.of());
    }
}
