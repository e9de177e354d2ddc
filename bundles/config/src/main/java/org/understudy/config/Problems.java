// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import java.util.ArrayList;
import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

/** Collects the problems of a file, so that an admin sees all of them at once. */
final class Problems {
    private final String file;
    private final List<Finding> findings = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    /**
     * @param line from 1
     * @param key the path in the file, such as {@code migration.settle}; empty for the whole file
     * @param problem a clause that names the value
     */
    void add(int line, String key, String problem, String remedy) {
        String path = key.isEmpty() ? "" : ", key " + key;
        findings.add(Finding.of(
                FindingCode.CONFIGURATION_REJECTED,
                "file " + file,
                "%s, line %d%s: %s".formatted(file, line, path, problem),
                remedy));
    }

    int count() {
        return findings.size();
    }

    /**
     * Names the object of the problems that were added last.
     *
     * @param from the count before the first of them
     * @param consequence a clause on what is in force instead
     */
    void attribute(int from, String subject, String consequence) {
        findings.subList(from, findings.size())
                .replaceAll(f -> Finding.of(
                        f.code(), subject, "%s; %s %s".formatted(f.message(), subject, consequence), f.remedy()));
    }

    List<Finding> findings() {
        return List.copyOf(findings);
    }
}
