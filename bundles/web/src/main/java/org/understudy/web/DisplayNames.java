// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.understudy.api.ErrorCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.PairHealth;

/** Texts for pair health, migration steps and errors, so that no client needs a copy of them. */
final class DisplayNames {
    private DisplayNames() {}

    static Map<String, Object> all() {
        Map<PairHealth, Object> health = new LinkedHashMap<>();
        for (PairHealth state : PairHealth.values()) {
            health.put(state, Map.of("cause", state.cause(), "nextStep", state.nextStep()));
        }
        List<Map<String, Object>> steps = Arrays.stream(MigrationStep.values())
                .map(step -> Map.<String, Object>of("step", step, "number", step.number(), "title", step.title()))
                .toList();
        Map<ErrorCode, Object> errors = new LinkedHashMap<>();
        for (ErrorCode code : ErrorCode.values()) {
            errors.put(code, Map.of("status", code.httpStatus(), "remedy", code.remedy()));
        }
        return Map.of("health", health, "steps", steps, "errors", errors);
    }
}
