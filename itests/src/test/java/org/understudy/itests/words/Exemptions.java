// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import java.util.List;
import java.util.regex.Pattern;

/** Where a forbidden word is right. Each exemption has its reason, and must still be needed. */
final class Exemptions {
    static final List<Exemption> ALL = List.of(
            new Exemption("docs/style.md", ".*", "quotes what it forbids"),
            new Exemption("Cooperation.java", "says", "the name of a JSON field"),
            new Exemption("FindingCollector.java", "No action is needed[.]", "a part without effect needs no step"),
            new Exemption("PairHealth.java", "Nothing to do[.]", "a pair that is active needs no step"),
            new Exemption("native/src/forwarding.c", "detour", "the name of a record in the state directory"),
            new Exemption("native/src/state.c", "detour", "the name of a record in the state directory"),
            new Exemption("native/cli/rights.c", "detour", "the former name, which ACL files may have"),
            new Exemption("native/cli/understudy-vf.8", "detour", "the former name, which ACL files may have"));

    private Exemptions() {}

    /**
     * One exemption.
     *
     * @param file the end of the file's path
     * @param found a pattern for what breaks the rule
     * @param reason why it may
     */
    record Exemption(String file, String found, String reason) {
        boolean covers(Violation violation) {
            return violation.text().file().endsWith(file)
                    && Pattern.compile(found, Pattern.CASE_INSENSITIVE | Pattern.DOTALL)
                            .matcher(violation.found())
                            .matches();
        }
    }
}
