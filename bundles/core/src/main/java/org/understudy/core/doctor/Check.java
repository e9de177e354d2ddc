// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

/** One look at one thing. Says what is wrong, or with one notice that all is well. */
interface Check {
    List<Finding> findings();

    /** A notice that names what was checked. */
    static Finding healthy(String subject, String message) {
        return Finding.of(FindingCode.HEALTHY, subject, message, "");
    }
}
