// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.isA;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.qemu.process.QemuProcess;

class QemuPollerTest {
    private static final VmName WEB = new VmName("web1");

    private final FakeScheduler clock = new FakeScheduler();
    private final QemuProcess process = mock(QemuProcess.class);
    private final RunningQemu qemu = mock(RunningQemu.class);
    private final AtomicInteger exits = new AtomicInteger();

    @BeforeEach
    void start() {
        when(qemu.vm()).thenReturn(WEB);
        when(qemu.process()).thenReturn(process);
        when(qemu.isReachable()).thenReturn(true);
        when(process.isAlive()).thenReturn(true);
        new QemuPoller(qemu, new QemuThreads(clock), exits::incrementAndGet).start();
    }

    @Test
    void detectsTheEndOfQemuAndStops() {
        clock.advance(Duration.ofSeconds(1));
        assertThat(exits).hasValue(0);

        when(process.isAlive()).thenReturn(false);
        clock.advance(Duration.ofSeconds(1));

        assertThat(exits).hasValue(1);
        assertThat(clock.timed()).isZero();
    }

    @Test
    void reconnectsALostMonitorWithPausesThatGrowAndReportsMissedEvents() {
        List<Duration> attempts = new ArrayList<>();
        when(qemu.isReachable()).thenReturn(false);
        doAnswer(attempt -> {
                    attempts.add(Duration.ofNanos(clock.nanos()));
                    throw new UnderstudyException(ErrorCode.DEADLINE_EXCEEDED, "from the test");
                })
                .when(qemu)
                .connect(any());

        clock.advance(Duration.ofMinutes(1));

        assertThat(attempts.get(0)).isEqualTo(Duration.ofMillis(100));
        assertThat(attempts).as("one every 100 ms without a backoff").hasSizeBetween(8, 30);
        Duration last = attempts.get(attempts.size() - 1).minus(attempts.get(attempts.size() - 2));
        assertThat(last).isBetween(Duration.ofSeconds(5), Duration.ofMillis(10_100));
        verify(qemu, never()).publish(any());

        doAnswer(connected -> when(qemu.isReachable()).thenReturn(true))
                .when(qemu)
                .connect(any());
        clock.advance(Duration.ofSeconds(11));

        verify(qemu, times(1)).publish(isA(HostEvent.EventsMissed.class));
    }

    @Test
    void detectsTheEndOfQemuWhileItPausesBetweenReconnects() {
        when(qemu.isReachable()).thenReturn(false);
        doThrow(new UnderstudyException(ErrorCode.DEADLINE_EXCEEDED, "from the test"))
                .when(qemu)
                .connect(any());
        clock.advance(Duration.ofMinutes(1));

        when(process.isAlive()).thenReturn(false);
        clock.advance(Duration.ofMillis(100));

        assertThat(exits).hasValue(1);
    }

    @Test
    void continuesAfterAPollThatThrew() {
        when(process.isAlive())
                .thenThrow(new StackOverflowError("from the test"))
                .thenReturn(false);

        clock.advance(Duration.ofMillis(200));

        assertThat(exits).hasValue(1);
    }

    @Test
    void stopsWhenQemuIsReleased() {
        when(qemu.isReleased()).thenReturn(true);
        when(qemu.isReachable()).thenReturn(false);

        clock.advance(Duration.ofSeconds(1));

        verify(qemu, never()).connect(any());
        assertThat(clock.timed()).isZero();
    }
}
