// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.Role;
import org.understudy.api.Subscription;
import org.understudy.json.RecordJson;
import org.understudy.web.access.Caller;
import org.understudy.web.access.StreamWatch;

class EventServletTest {
    private final EventHub hub = mock(EventHub.class);
    private final StreamWatch watch = mock(StreamWatch.class);
    private final Subscription watched = mock(Subscription.class);
    private final EventServlet servlet = new EventServlet(new RecordJson(), hub, watch);
    private Exchange exchange;

    @BeforeEach
    void ask() throws Exception {
        when(watch.watch(any(), any())).thenReturn(watched);
        exchange = new Exchange("GET", "", "");
        new Caller("ann", Set.of(Role.VIEWER), new Caller.Password(), "192.0.2.1").attach(exchange.request);
    }

    @Test
    void keepsNoStreamWhoseResponseCannotBegin() {
        EventStream stream = new EventStream("ann", new EventFilter(EnumSet.allOf(EventKind.class), Optional.empty()));
        when(hub.open(any(), any(), any())).thenReturn(stream);
        when(exchange.request.startAsync()).thenThrow(new IllegalStateException("from the test"));

        assertThatThrownBy(() -> exchange.through(servlet)).hasMessage("from the test");

        verify(hub).close(stream);
        verify(watched).close();
    }

    @Test
    void namesTheLimitOfAUserAndWhatToDo() throws Exception {
        when(hub.size("ann")).thenReturn((long) EventServlet.MAX_STREAMS_OF_USER);

        exchange.through(servlet);

        assertThat(exchange.status).isEqualTo(429);
        assertThat(exchange.body())
                .contains(
                        "User 'ann' has 500 open event streams; the limit for one user is 500",
                        "End other streams, such as pages of the console");
    }

    @Test
    void namesTheLimitOfTheServerAndTheShareOfTheUser() throws Exception {
        when(hub.size("ann")).thenReturn(3L);
        when(hub.size()).thenReturn(EventServlet.MAX_STREAMS);

        exchange.through(servlet);

        assertThat(exchange.status).isEqualTo(429);
        assertThat(exchange.body())
                .contains(
                        "The server has 1000 open event streams, 3 of them of user 'ann'; the limit for all users is 1000");
    }
}
