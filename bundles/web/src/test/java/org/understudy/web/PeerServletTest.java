// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import org.junit.jupiter.api.Test;
import org.understudy.api.HostName;
import org.understudy.api.spi.PeerEndpoint;

class PeerServletTest {
    private final PeerEndpoint endpoint = mock(PeerEndpoint.class);
    private final PeerServlet servlet = new PeerServlet(Exchange.VIEW, endpoint);

    @Test
    void passesACallWithSlashesAndItsArgumentsOn() throws Exception {
        when(endpoint.call(new HostName("alpha"), "incoming/web1/accept", "[1]"))
                .thenReturn("null");

        Exchange asked = new Exchange("POST", "/alpha/incoming/web1/accept", "[1]").through(servlet);

        assertThat(asked.status).isEqualTo(200);
        assertThat(asked.body()).isEqualTo("null");
    }

    @Test
    void takesNoCallByGet() throws Exception {
        assertThat(new Exchange("GET", "/alpha/facts", "").through(servlet).status)
                .isEqualTo(400);
    }
}
