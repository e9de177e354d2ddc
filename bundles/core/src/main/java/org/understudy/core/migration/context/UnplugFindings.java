// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import java.util.stream.Collectors;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.core.definition.DomainView.PairView;

/** The findings for a primary that was not released. */
public final class UnplugFindings {
    private UnplugFindings() {}

    public static Finding notReleased(MigrationRequest request, List<PairView> held, String message) {
        String primaries = held.stream().map(p -> p.primary().value()).collect(Collectors.joining(", "));
        return Finding.of(
                FindingCode.PRIMARY_NOT_RELEASED,
                request.subject() + (held.isEmpty() ? "" : ", primary " + primaries),
                message,
                "Check that the guest runs and handles PCI hotplug; a paused or rebooting guest cannot release a primary.");
    }

    public static Finding unplugPending(String subject, Alias primary) {
        return Finding.of(
                FindingCode.EJECT_PENDING,
                subject + ", primary " + primary,
                "The guest may still release primary " + primary + " as requested by an earlier, cancelled migration",
                "Wait until the guest releases the primary, which is then plugged again, or restart the VM.");
    }
}
