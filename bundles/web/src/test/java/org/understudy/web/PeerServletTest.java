// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.PeerEndpoint;

class PeerServletTest {
    private final PeerEndpoint endpoint = mock(PeerEndpoint.class);
    private final PeerServlet servlet = new PeerServlet(Exchange.VIEW, endpoint);

    @BeforeEach
    void setProtocol() {
        when(endpoint.protocol()).thenReturn("7");
    }

    @Test
    void passesACallWithSlashesAndItsArgumentsOn() throws Exception {
        when(endpoint.call(Optional.empty(), new HostName("alpha"), "incoming/web1/accept", "[1]"))
                .thenReturn("null");

        Exchange asked = new Exchange("POST", "/alpha/incoming/web1/accept", "[1]").through(servlet);

        assertThat(asked.status).isEqualTo(200);
        assertThat(asked.body()).isEqualTo("null");
    }

    @Test
    void passesTheMigrationOfACallOn() throws Exception {
        when(endpoint.call(Optional.empty(), new HostName("alpha"), "incoming/web1/abort?migration=m-1", "[]"))
                .thenReturn("null");
        Exchange asked = new Exchange("POST", "/alpha/incoming/web1/abort", "[]");
        when(asked.request.getQueryString()).thenReturn("migration=m-1");

        asked.through(servlet);

        assertThat(asked.status).isEqualTo(200);
    }

    @Test
    void passesTheCallersProtocolVersionOnAndSendsItsOwn() throws Exception {
        when(endpoint.call(Optional.of("6"), new HostName("alpha"), "facts", "[]"))
                .thenReturn("{}");
        Exchange asked = new Exchange("POST", "/alpha/facts", "[]");
        when(asked.request.getHeader("Understudy-Peer-Protocol")).thenReturn("6");

        asked.through(servlet);

        assertThat(asked.body()).isEqualTo("{}");
        assertThat(asked.headers).containsEntry("Understudy-Peer-Protocol", "7");
    }

    @Test
    void sendsItsProtocolVersionWithARefusalToo() throws Exception {
        when(endpoint.call(Optional.empty(), new HostName("alpha"), "facts", "[]"))
                .thenThrow(new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "Calling server: too old"));

        Exchange asked = new Exchange("POST", "/alpha/facts", "[]").through(servlet);

        assertThat(asked.status).isEqualTo(503);
        assertThat(asked.headers).containsEntry("Understudy-Peer-Protocol", "7");
    }

    @Test
    void refusesGet() throws Exception {
        assertThat(new Exchange("GET", "/alpha/facts", "").through(servlet).status)
                .isEqualTo(405);
    }
}
