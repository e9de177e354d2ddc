// SPDX-License-Identifier: Apache-2.0
package org.understudy.metrics;

import java.util.List;
import org.apache.felix.hc.api.FormattingResultLog;
import org.apache.felix.hc.api.HealthCheck;
import org.apache.felix.hc.api.Result;
import org.understudy.api.Finding;

/** A health check that reports findings: an ERROR is critical. */
abstract class FindingsCheck implements HealthCheck {
    private final String ifNone;

    /** @param ifNone the result without findings */
    FindingsCheck(String ifNone) {
        this.ifNone = ifNone;
    }

    abstract List<Finding> findings();

    @Override
    public final Result execute() {
        FormattingResultLog log = new FormattingResultLog();
        List<Finding> findings = findings();
        for (Finding finding : findings) {
            switch (finding.severity()) {
                case ERROR -> log.critical("{}. {}", finding.message(), finding.remedy());
                case WARNING -> log.warn("{}. {}", finding.message(), finding.remedy());
                case NOTICE -> log.info("{}", finding.message());
            }
        }
        if (findings.isEmpty()) {
            log.info("{}", ifNone);
        }
        return new Result(log);
    }
}
