// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

/**
 * Checks whether Karaf supports this version of Java.
 *
 * @param feature such as 17. Source: {@link Runtime.Version#feature}
 */
record JavaCheck(int feature) implements Check {
    /** Karaf 4.4 needs the security manager, which Java 24 no longer has. */
    private static final int FIRST_TOO_NEW = 24;

    @Override
    public List<Finding> findings() {
        String message = "This server runs on Java " + feature;
        return feature < FIRST_TOO_NEW
                ? List.of(Check.healthy("java", message))
                : List.of(Finding.of(
                        FindingCode.JAVA_UNSUPPORTED,
                        "java",
                        message + ", which Karaf 4.4 does not support",
                        "Set JAVA_HOME to Java 17 or 21 and restart Karaf."));
    }
}
