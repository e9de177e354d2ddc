// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/** Converts errors to responses of RFC 9457, Problem Details for HTTP APIs. */
final class ProblemDetails {
    private ProblemDetails() {}

    static RestResponse of(JsonView view, UnderstudyException e) {
        return of(view, e.code(), e.getMessage(), e.findings());
    }

    static RestResponse of(JsonView view, ErrorCode code, String detail, List<Finding> findings) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("status", code.httpStatus());
        problem.put("title", code);
        problem.put("code", code);
        problem.put("detail", detail);
        problem.put("remedy", code.remedy());
        problem.put("findings", findings);
        return RestResponse.json(code.httpStatus(), "application/problem+json", view.write(problem));
    }
}
