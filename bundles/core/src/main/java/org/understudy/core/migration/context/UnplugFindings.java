// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.stream.Collectors;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.core.definition.DomainView.PairView;

/** What can be found where a guest is asked for its primaries. */
public final class UnplugFindings {
    private UnplugFindings() {}

    public static Finding notReleased(MigrationRequest request, List<PairView> held, String message) {
        String primaries = held.stream().map(p -> p.primary().value()).collect(Collectors.joining(", "));
        return Finding.of(
                FindingCode.PRIMARY_NOT_RELEASED,
                request.subject() + ", primary " + primaries,
                message,
                "Check that the guest runs and handles PCI hotplug; a paused or rebooting guest cannot answer.");
    }

    public static Finding unplugPending(String subject, Alias primary) {
        return Finding.of(
                FindingCode.EJECT_PENDING,
                subject + ", primary " + primary,
                "The guest may still release " + primary + ", as an earlier, cancelled migration asked it to.",
                "Wait until it does, it is then plugged again; or restart the VM.");
    }
}
