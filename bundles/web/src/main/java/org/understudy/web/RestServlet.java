// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.UnderstudyException;

/** What all REST servlets share: protection against cross-site request forgery, and the form of errors. */
abstract class RestServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(RestServlet.class);
    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD");
    private static final String CSRF_HEADER = "X-Requested-With";

    private final transient JsonView view;

    RestServlet(JsonView view) {
        this.view = view;
    }

    abstract RestResponse answer(String method, RestRequest restRequest);

    @Override
    protected final void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // The server leaves out the body of a response to HEAD.
        answerOrProblem(request).sendTo(response);
    }

    private RestResponse answerOrProblem(HttpServletRequest request) {
        try {
            String method = request.getMethod();
            if (!SAFE_METHODS.contains(method) && request.getHeader(CSRF_HEADER) == null) {
                throw new UnderstudyException(
                        ErrorCode.INVALID_ARGUMENT,
                        method + " requires the header " + CSRF_HEADER
                                + " with any value, as protection against request forgery");
            }
            return answer(method.equals("HEAD") ? "GET" : method, new RestRequest(request, parts(request)));
        } catch (UnderstudyException e) {
            AuditTrail.failed(request, e.code(), e.getMessage());
            return ProblemDetails.of(view, e);
        } catch (RuntimeException e) {
            LOG.error("{} {} failed", request.getMethod(), request.getRequestURI(), e);
            AuditTrail.failed(request, ErrorCode.INTERNAL, String.valueOf(e));
            return ProblemDetails.of(view, ErrorCode.INTERNAL, String.valueOf(e), List.of());
        }
    }

    private static List<String> parts(HttpServletRequest request) {
        String path = request.getPathInfo();
        return path == null
                ? List.of()
                : Arrays.stream(path.split("/")).filter(part -> !part.isEmpty()).toList();
    }

    static UnderstudyException unknown(String method, RestRequest restRequest) {
        return new UnderstudyException(
                ErrorCode.INVALID_ARGUMENT,
                "Unknown REST call " + method + " /" + String.join("/", restRequest.path()));
    }
}
