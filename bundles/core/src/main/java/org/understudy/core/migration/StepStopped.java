// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

/** Ends a step early. Never leaves this package. */
final class StepStopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why a step ended early. */
    enum Reason {
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

    private StepStopped(Reason reason, List<Finding> findings) {
        super(findings.isEmpty() ? reason.name() : findings.get(0).message(), null, false, false);
        this.reason = reason;
        this.findings = findings;
    }

    static StepStopped cancelled() {
        return new StepStopped(Reason.CANCELLED, List.of());
    }

    static StepStopped failed(Finding finding) {
        return new StepStopped(Reason.FAILED, List.of(finding));
    }

    static StepStopped abandoned() {
        return new StepStopped(Reason.ABANDONED, List.of());
    }

    /** Stopped by findings that are already in the picture. */
    static StepStopped refused() {
        return new StepStopped(Reason.FAILED, List.of());
    }

    static StepStopped failed(FindingCode code, String subject, String message, String remedy) {
        return failed(Finding.of(code, subject, message, remedy));
    }

    static StepStopped guestLost(Finding finding) {
        return new StepStopped(Reason.GUEST_LOST, List.of(finding));
    }

    static StepStopped unclear(Finding finding) {
        return new StepStopped(Reason.UNCLEAR, List.of(finding));
    }

    Reason reason() {
        return reason;
    }

    List<Finding> findings() {
        return findings;
    }
}
