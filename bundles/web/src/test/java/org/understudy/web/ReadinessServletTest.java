// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.understudy.api.FleetReadiness;
import org.understudy.api.HostName;
import org.understudy.api.Readiness;
import org.understudy.api.VmAddress;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;

class ReadinessServletTest {
    private final Readiness readiness = mock(Readiness.class);
    private final ReadinessServlet servlet = new ReadinessServlet(Exchange.VIEW, readiness);

    private static FleetReadiness ready(int vms) {
        return new FleetReadiness(Instant.EPOCH, vms, 0, List.of(), List.of(), List.of());
    }

    private String body(String query) throws Exception {
        return new Exchange("GET", query, "").through(servlet).body();
    }

    @Test
    void answersForAllHostsOrForOne() throws Exception {
        when(readiness.evaluate(Optional.empty())).thenReturn(ready(5));
        when(readiness.evaluate(Optional.of(new HostName("alpha")))).thenReturn(ready(1));

        assertThat(body("")).contains("ready=5");
        assertThat(body("?host=alpha")).contains("ready=1");
    }

    @Test
    void answersForNamedVms() throws Exception {
        VmAddress onAlpha = new VmOnHost(new HostName("alpha"), Things.uuid(1).toString());
        VmAddress onBeta = new VmOnHost(new HostName("beta"), "db1");
        when(readiness.evaluateVms(Set.of(onAlpha, new VmName("web1")))).thenReturn(ready(2));
        when(readiness.evaluateVms(Set.of(onBeta))).thenReturn(ready(3));

        assertThat(body("?vm=alpha/" + Things.uuid(1) + "&vm=web1")).contains("ready=2");
        assertThat(body("?vm=db1&vm=alpha/web1&host=beta")).contains("ready=3");
    }

    @Test
    void refusesAnUnknownParameter() throws Exception {
        assertThat(new Exchange("GET", "?vms=web1", "").through(servlet).status).isEqualTo(400);
    }
}
