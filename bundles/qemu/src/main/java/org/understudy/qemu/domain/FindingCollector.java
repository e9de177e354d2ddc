// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Severity;

/** Collects the findings of one definition. */
final class FindingCollector {
    private final List<Finding> findings = new ArrayList<>();

    void unsupported(String path, String value, String remedy) {
        String shown = value.isBlank() ? "" : " ('" + value + "')";
        add(FindingCode.DEFINITION_UNSUPPORTED, path, path + shown + " is not supported by the qemu connector", remedy);
    }

    /** Reports a part that is not applied; the message names the consequence. */
    void warning(String path, String message, String remedy) {
        findings.add(Finding.of(FindingCode.DEFINITION_UNSUPPORTED, path, message, remedy)
                .as(Severity.WARNING));
    }

    /** Reports a part that is ignored without consequence. */
    void notice(String path, String message) {
        findings.add(Finding.of(FindingCode.DEFINITION_UNSUPPORTED, path, message, "No action is needed.")
                .as(Severity.NOTICE));
    }

    void incomplete(String path, String message, String remedy) {
        add(FindingCode.DEFINITION_INCOMPLETE, path, message, remedy);
    }

    void add(FindingCode code, String subject, String message, String remedy) {
        findings.add(Finding.of(code, subject, message, remedy));
    }

    List<Finding> all() {
        return List.copyOf(findings);
    }
}
