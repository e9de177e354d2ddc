// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.api.FleetReadiness;
import org.understudy.api.HostName;
import org.understudy.api.Readiness;

class ReadinessServletTest {
    private final Readiness readiness = mock(Readiness.class);
    private final ReadinessServlet servlet = new ReadinessServlet(Exchange.VIEW, readiness);

    @Test
    void answersForAllHostsOrForOne() throws Exception {
        FleetReadiness all = new FleetReadiness(Instant.EPOCH, 5, 2, List.of(), List.of(), List.of());
        FleetReadiness one = new FleetReadiness(Instant.EPOCH, 1, 0, List.of(), List.of(), List.of());
        when(readiness.evaluate(Optional.empty())).thenReturn(all);
        when(readiness.evaluate(Optional.of(new HostName("alpha")))).thenReturn(one);

        assertThat(new Exchange("GET", "", "").through(servlet).body()).contains("ready=5");
        assertThat(new Exchange("GET", "?host=alpha", "").through(servlet).body())
                .contains("ready=1");
    }
}
