// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.doctor;

import java.util.List;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;

/** One read-only check. Returns what is wrong, or one notice that nothing is. May block. */
interface Check {
    List<Finding> findings();

    /** {@return a notice that names what was checked} */
    static Finding healthy(String subject, String message) {
        return Finding.of(FindingCode.HEALTHY, subject, message, "");
    }
}
