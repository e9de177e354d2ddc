// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Duration;
import java.util.List;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.AccessTokens;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.Role;
import org.understudy.api.UnderstudyException;
import org.understudy.web.access.Authenticator;
import org.understudy.web.access.Caller;

/** {@code /tokens}: lists, creates and revokes tokens for scripts. */
@Component(service = HttpServlet.class, property = RouteTable.PATH + "=/api/v1/tokens")
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
    List<Route> routes() {
        return List.of(
                Route.get("", Action.TOKENS, request -> RestResponse.ok(view.write(tokens.list()))),
                Route.post("", Action.TOKENS, this::create),
                Route.delete("/{id}", Action.TOKENS, this::revoke));
    }

    /** A repeated call creates no second token either, as its name is in use. */
    @Override
    boolean isRepeatable() {
        return false;
    }

    private RestResponse revoke(RestRequest request) {
        tokens.revoke(request.part("id"));
        return RestResponse.ok("{}");
    }

    private RestResponse create(RestRequest request) {
        Caller caller = Caller.of(request.request());
        if (!Authenticator.isPrivate(request.request())) {
            throw new UnderstudyException(
                    ErrorCode.ENCRYPTION_REQUIRED, "The secret of a token would travel in plain text");
        } else if (caller.proof() instanceof Caller.TokenKey) {
            throw new UnderstudyException(
                    ErrorCode.ROLE_MISSING, "A token cannot create a token, which would outlive it");
        }
        JsonFields body = request.json("name", "role", "expiresInDays");
        String name = body.requiredText("name");
        Role role = EnumParser.parse(Role.class, body.requiredText("role"));
        if (caller.roles().stream().noneMatch(held -> held.includes(role))) {
            throw new UnderstudyException(
                    ErrorCode.ROLE_MISSING, "User '" + caller.user() + "' does not have the role of the token");
        }
        long days = body.number("expiresInDays")
                .orElseThrow(() -> new UnderstudyException(ErrorCode.INVALID_ARGUMENT, "'expiresInDays' is missing"));
        AuditTrail.note(request.request(), "token %s, role %s".formatted(name, EnumParser.word(role)));
        Duration life = Duration.ofDays(Math.min(days, AccessTokens.LONGEST.toDays() + 1));
        return RestResponse.json(
                HttpServletResponse.SC_CREATED, view.write(tokens.create(caller.user(), name, role, life)));
    }
}
