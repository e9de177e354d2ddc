// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/** Converts errors to responses of RFC 9457, Problem Details for HTTP APIs. */
final class ProblemDetails {
    static final String TYPE = "application/problem+json";

    /** The page that lists the codes. */
    private static final String CODES = "/understudy/api/#";

    private static final Set<String> ACRONYMS = Set.of("VM", "VF", "NIC", "XML", "QEMU", "QMP", "IO");

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private ProblemDetails() {}

    static RestResponse of(JsonView view, UnderstudyException e) {
        return of(view, e.code(), e.getMessage(), e.findings());
    }

    static RestResponse of(JsonView view, ErrorCode code, String detail, List<Finding> findings) {
        return respond(code, view.write(problem(code, code, detail, findings)));
    }

    /** A problem of a request that reaches no servlet, where no {@link JsonView} is available. */
    static RestResponse of(ErrorCode code, String detail) {
        Map<String, Object> problem = problem(code, EnumParser.word(code), detail, List.of());
        return respond(code, MAPPER.valueToTree(problem).toString());
    }

    private static Map<String, Object> problem(ErrorCode code, Object written, String detail, List<Finding> findings) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", CODES + EnumParser.word(code));
        problem.put("title", title(code));
        problem.put("status", code.httpStatus());
        problem.put("detail", detail);
        problem.put("code", written);
        problem.put("remedy", code.remedy());
        problem.put("findings", findings);
        return problem;
    }

    /** {@code VM_NOT_FOUND} becomes {@code VM not found}. */
    private static String title(ErrorCode code) {
        String words = Arrays.stream(code.name().split("_"))
                .map(word -> ACRONYMS.contains(word) ? word : word.toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(" "));
        return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    private static RestResponse respond(ErrorCode code, String json) {
        return RestResponse.json(code.httpStatus(), TYPE, json);
    }
}
