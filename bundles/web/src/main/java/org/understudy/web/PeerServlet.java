// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import javax.servlet.Servlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletName;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletPattern;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.spi.PeerEndpoint;

/** {@code /peer/HOST/CALL}: what another server asks of this server's hosts. */
@Component(service = Servlet.class)
@HttpWhiteboardServletName("understudy-peer")
@HttpWhiteboardServletPattern("/api/v1/peer/*")
@HttpWhiteboardContextSelect(ConsoleContext.SELECT)
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
