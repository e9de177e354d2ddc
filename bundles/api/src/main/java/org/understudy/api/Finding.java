// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import java.util.List;

/**
 * One result of a read-only check.
 *
 * @param code the kind of result; stable, for programs
 * @param severity how much it matters
 * @param subject the object it is about, such as {@code vm web1, interface ua-standby0}
 * @param message names the object and the value found
 * @param remedy one sentence with the next action; empty only for a {@link Severity#NOTICE}
 * @param fixable true if {@link Pairs#fix} can repair it without risk
 */
public record Finding(
        FindingCode code, Severity severity, String subject, String message, String remedy, boolean fixable) {

    /**
     * {@return a finding with the code's usual severity that must be repaired by hand}
     *
     * @param code the kind of result
     * @param subject the object it is about
     * @param message names the object and the value found
     * @param remedy one sentence with the next action
     */
    public static Finding of(FindingCode code, String subject, String message, String remedy) {
        return new Finding(code, code.severity(), subject, message, remedy, false);
    }

    /** {@return the same finding, marked as one that the automatic fix can repair} */
    public Finding withFix() {
        return new Finding(code, severity, subject, message, remedy, true);
    }

    /**
     * {@return the same finding with another severity}
     *
     * @param other the severity
     */
    public Finding as(Severity other) {
        return new Finding(code, other, subject, message, remedy, fixable);
    }

    /**
     * {@return true if one of the findings is an {@link Severity#ERROR}}
     *
     * @param findings the findings to search
     */
    public static boolean anyBlocking(List<Finding> findings) {
        return findings.stream().anyMatch(f -> f.severity() == Severity.ERROR);
    }
}
