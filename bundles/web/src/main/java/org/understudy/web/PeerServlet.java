// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.util.Optional;
import javax.servlet.ServletException;
import javax.servlet.ServletRequest;
import javax.servlet.ServletResponse;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletResponse;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.spi.PeerEndpoint;

/** {@code /peer/HOST/CALL}: requests of another server to the hosts of this server. */
@Component(service = HttpServlet.class, property = DispatcherServlet.PATH + "=/api/v1/peer")
public final class PeerServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient PeerEndpoint endpoint;

    @Activate
    public PeerServlet(@Reference JsonView view, @Reference PeerEndpoint endpoint) {
        super(view);
        this.endpoint = endpoint;
    }

    /** Sets the header for errors too, because it names the protocol version of this server. */
    @Override
    public void service(ServletRequest request, ServletResponse response) throws ServletException, IOException {
        ((HttpServletResponse) response).setHeader(PeerEndpoint.PROTOCOL_HEADER, endpoint.protocol());
        super.service(request, response);
    }

    @Override
    RestResponse answer(String method, RestRequest restRequest) {
        int parts = restRequest.path().size();
        if (!method.equals("POST") || parts < 2) {
            throw unknown(method, restRequest);
        }
        String query = Optional.ofNullable(restRequest.request().getQueryString())
                .map(text -> "?" + text)
                .orElse("");
        String name = String.join("/", restRequest.path().subList(1, parts)) + query;
        Optional<String> protocol = Optional.ofNullable(restRequest.request().getHeader(PeerEndpoint.PROTOCOL_HEADER));
        return RestResponse.ok(endpoint.call(protocol, new HostName(restRequest.part(0)), name, restRequest.body()));
    }
}
