// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

@Timeout(60)
final class MonitorTest {
    private static final VmName WEB = new VmName("web1");

    @Test
    void runsTheNextQueryAfterOneThatEndedWithAnError() {
        Domains domains = mock(Domains.class);
        when(domains.call(any(), eq(WEB), any()))
                .thenThrow(new NoClassDefFoundError("from the test"))
                .thenReturn("{\"return\": {\"running\": true}}");
        Monitor monitor = new Monitor(domains, Runnable::run, Duration.ofMinutes(5), true);

        assertThatThrownBy(() -> monitor.query(WEB, "query-status", Map.of()))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL))
                .hasRootCauseInstanceOf(NoClassDefFoundError.class);
        assertThat(monitor.query(WEB, "query-status", Map.of()).path("running").asBoolean())
                .isTrue();
    }
}
