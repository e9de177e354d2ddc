// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.AccessTokens;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.Role;
import org.understudy.api.UnderstudyException;
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.Caller;

/** {@code /tokens}: lists, creates and revokes tokens for scripts. */
@Component(service = HttpServlet.class, property = DispatcherServlet.PATH + "=/api/v1/tokens")
public final class TokenServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient AccessTokens tokens;

    @Activate
    public TokenServlet(@Reference JsonView view, @Reference AccessTokens tokens) {
        super(view);
        this.view = view;
        this.tokens = tokens;
    }

    @Override
    RestResponse answer(String method, RestRequest restRequest) {
        return switch (method + " " + restRequest.path().size()) {
            case "GET 0" -> RestResponse.ok(view.write(tokens.list()));
            case "POST 0" -> create(restRequest);
            case "DELETE 1" -> {
                tokens.revoke(restRequest.part(0));
                yield RestResponse.ok("{}");
            }
            default -> throw unknown(method, restRequest);
        };
    }

    private RestResponse create(RestRequest restRequest) {
        Caller caller = Caller.of(restRequest.request());
        if (!Authenticator.isPrivate(restRequest.request())) {
            throw new UnderstudyException(
                    ErrorCode.ENCRYPTION_REQUIRED, "The secret of a token would travel in plain text");
        } else if (caller.proof() instanceof Caller.TokenKey) {
            throw new UnderstudyException(
                    ErrorCode.ROLE_MISSING, "A token cannot create a token, which would outlive it");
        }
        JsonFields body = restRequest.json("name", "role", "expiresInDays");
        String name = body.requiredText("name");
        Role role = EnumParser.parse(Role.class, body.requiredText("role"));
        if (caller.roles().stream().noneMatch(held -> held.includes(role))) {
            throw new UnderstudyException(
                    ErrorCode.ROLE_MISSING, "User '" + caller.user() + "' does not have the role of the token");
        }
        long days = body.number("expiresInDays")
                .orElseThrow(() -> new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "'expiresInDays' is missing"));
        AuditTrail.note(restRequest.request(), "token %s, role %s".formatted(name, EnumParser.word(role)));
        Duration life = Duration.ofDays(Math.min(days, AccessTokens.LONGEST.toDays() + 1));
        return RestResponse.json(
                HttpServletResponse.SC_CREATED, view.write(tokens.create(caller.user(), name, role, life)));
    }
}
