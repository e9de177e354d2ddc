// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

/** Ends a step early. Never leaves this package. */
public final class StepAbortedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why a step ended early. */
    public enum Reason {
        /** An admin asked for the way back. */
        CANCELLED,
        /** It did not work; the guest is thought to be safe on the source. */
        FAILED,
        /** The guest does not run on the source any more; the rest is taken back, and a person has to look. */
        GUEST_LOST,
        /** Nobody can tell where the guest runs, or it runs on the destination already: nothing is taken back. */
        UNCLEAR,
        /** This server stops; the journal tells the next one what to do. */
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

    /** Stopped by findings that are already in the picture. */
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
