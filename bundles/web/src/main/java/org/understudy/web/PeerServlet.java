// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import javax.servlet.http.HttpServlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.spi.PeerEndpoint;

/** {@code /peer/HOST/CALL}: what another server asks of this server's hosts. */
@Component(service = HttpServlet.class, property = FrontServlet.PATH + "=/api/v1/peer")
public final class PeerServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient PeerEndpoint endpoint;

    @Activate
    public PeerServlet(@Reference JsonView view, @Reference PeerEndpoint endpoint) {
        super(view);
        this.endpoint = endpoint;
    }

    @Override
    Answer answer(String method, Call call) {
        int parts = call.path().size();
        if (!method.equals("POST") || parts < 2) {
            throw unknown(method, call);
        }
        String name = String.join("/", call.path().subList(1, parts));
        return Answer.ok(endpoint.call(new HostName(call.part(0)), name, call.body()));
    }
}
