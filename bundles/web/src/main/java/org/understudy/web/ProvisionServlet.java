// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Optional;
import java.util.Set;
import javax.servlet.Servlet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletName;
import org.osgi.service.http.whiteboard.propertytypes.HttpWhiteboardServletPattern;
import org.understudy.api.HostName;
import org.understudy.api.JsonView;
import org.understudy.api.NicProvisioning;
import org.understudy.api.NicProvisioning.Occasion;
import org.understudy.api.NicSelector;
import org.understudy.api.PairRequest;
import org.understudy.api.PciAddress;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryForm;

/**
 * {@code /provision/OCCASION?host=H}: domain XML in, domain XML and findings out, for managers outside this JVM. With
 * {@code nic} in the query that NIC is to be a pair; {@code pool}, {@code form} and {@code vf} say more about it. A
 * refusal is an answer too, not an error: it names the findings.
 */
@Component(service = Servlet.class)
@HttpWhiteboardServletName("understudy-provision")
@HttpWhiteboardServletPattern("/api/v1/provision/*")
@HttpWhiteboardContextSelect(ConsoleContext.SELECT)
public final class ProvisionServlet extends RestServlet {
    private static final long serialVersionUID = 1L;

    private final transient JsonView view;
    private final transient NicProvisioning provisioning;

    @Activate
    public ProvisionServlet(@Reference JsonView view, @Reference NicProvisioning provisioning) {
        super(view);
        this.view = view;
        this.provisioning = provisioning;
    }

    @Override
    Answer answer(String method, Call call) {
        if (!method.equals("POST") || call.path().size() != 1) {
            throw unknown(method, call);
        }
        Occasion occasion = Constants.parse(Occasion.class, call.part(0));
        HostName host = new HostName(call.requiredQuery("host"));
        return Answer.ok(view.write(provisioning.before(
                occasion, host, call.document(), wish(call).stream().toList())));
    }

    private static Optional<PairRequest> wish(Call call) {
        return call.query("nic")
                .map(nic -> new PairRequest(
                        NicSelector.parse(nic),
                        call.query("pool").map(PoolName::new),
                        call.query("form").map(text -> Constants.parse(PrimaryForm.class, text)),
                        call.query("vf").map(PciAddress::parse),
                        Set.of()));
    }
}
