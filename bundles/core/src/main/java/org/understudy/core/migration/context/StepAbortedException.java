// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

/** Ends a step early. Handled within {@code migration} and its subpackages. */
public final class StepAbortedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why a step ended early. */
    public enum Reason {
        /** An admin cancelled the migration. */
        CANCELLED,
        /** The step failed; the guest is assumed to be safe on the source. */
        FAILED,
        /** The guest no longer runs on the source; the rest is rolled back, and an admin decides. */
        GUEST_LOST,
        /** It is unknown where the guest runs, or it runs on the destination: nothing is rolled back. */
        UNCLEAR,
        /** This server stops; its next start reads the journal. */
        ABANDONED
    }

    private final Reason reason;
    private final transient List<Finding> findings;

    private StepAbortedException(Reason reason, List<Finding> findings) {
        super(findings.isEmpty() ? reason.name() : findings.get(0).message(), null, false, false);
        this.reason = reason;
        this.findings = findings;
    }

    static StepAbortedException cancelled() {
        return new StepAbortedException(Reason.CANCELLED, List.of());
    }

    public static StepAbortedException failed(Finding finding) {
        return new StepAbortedException(Reason.FAILED, List.of(finding));
    }

    static StepAbortedException abandoned() {
        return new StepAbortedException(Reason.ABANDONED, List.of());
    }

    /** Aborted by findings that are already part of the status. */
    public static StepAbortedException refused() {
        return new StepAbortedException(Reason.FAILED, List.of());
    }

    public static StepAbortedException failed(FindingCode code, String subject, String message, String remedy) {
        return failed(Finding.of(code, subject, message, remedy));
    }

    public static StepAbortedException guestLost(Finding finding) {
        return new StepAbortedException(Reason.GUEST_LOST, List.of(finding));
    }

    public static StepAbortedException unclear(Finding finding) {
        return new StepAbortedException(Reason.UNCLEAR, List.of(finding));
    }

    public Reason reason() {
        return reason;
    }

    public List<Finding> findings() {
        return findings;
    }
}
