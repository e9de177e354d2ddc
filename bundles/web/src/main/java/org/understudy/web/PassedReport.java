// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.NicProvisioning;
import org.understudy.api.PassedVm;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

/** The report of a hook about VMs that it let continue without a VF. */
record PassedReport(HostName host, List<PassedVm> vms) {
    /** The occasion of such a report, and the key of its VMs. */
    static final String KEY = "passed";

    /** An object without anything. */
    static final String ANSWER = "{}";

    private static final Set<String> KEYS = Set.of("vm", "at", "reason");

    static boolean isOne(JsonFields fields) {
        return fields.text("occasion").filter(KEY::equals).isPresent();
    }

    static PassedReport read(String host, JsonFields fields) {
        return new PassedReport(
                new HostName(host),
                fields.objects(KEY, KEYS).stream().map(PassedReport::vm).toList());
    }

    private static PassedVm vm(JsonFields fields) {
        try {
            return new PassedVm(
                    new VmName(fields.requiredText("vm")),
                    Instant.parse(fields.requiredText("at")),
                    fields.requiredText("reason"));
        } catch (DateTimeParseException e) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, "'at' must be a time such as 2026-01-31T12:00:00Z", e);
        }
    }

    void apply(NicProvisioning provisioning) {
        provisioning.passed(host, vms);
    }

    /** For the audit log. */
    String summary() {
        return "passed without a VF: "
                + vms.stream().map(vm -> vm.vm().toString()).collect(Collectors.joining(", "));
    }
}
