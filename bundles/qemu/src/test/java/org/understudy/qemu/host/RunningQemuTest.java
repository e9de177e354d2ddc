// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.mockStatic;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.MockedStatic;
import org.understudy.api.HostName;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.api.spi.HostEvent;
import org.understudy.concurrent.HostEventQueue;
import org.understudy.concurrent.testing.FakeScheduler;
import org.understudy.qemu.process.QemuProcess;
import org.understudy.qemu.process.RunRecord;
import org.understudy.qemu.process.VmFolder;
import org.understudy.qemu.qmp.QmpClient;
import org.understudy.qemu.qmp.QmpEvent;
import org.understudy.qemu.qmp.QmpEvents;

class RunningQemuTest {
    private static final VmName WEB = new VmName("web1");
    private static final RunRecord RUN = new RunRecord(RunRecord.Role.RUNNING, 1, 1, "tcg", "", Map.of());

    @TempDir
    Path existing;

    private final VmFolder folder = mock(VmFolder.class);
    private final QemuProcess process = mock(QemuProcess.class);
    private final QemuThreads threads = new QemuThreads(new FakeScheduler());
    private final HostEventQueue events = new HostEventQueue(new HostName("a"), Runnable::run);

    private RunningQemu qemu() {
        when(folder.vm()).thenReturn(WEB);
        when(folder.monitor()).thenReturn(existing);
        when(folder.logTail()).thenReturn("");
        when(process.isAlive()).thenReturn(true);
        return new RunningQemu(folder, process, RUN, threads, events);
    }

    @Test
    void aReleasedPrimaryLeavesTheLiveDefinitionIfItsPairWasSwitchedOff() {
        AtomicReference<Consumer<QmpEvent>> listener = new AtomicReference<>();
        RunningQemu qemu = qemu();
        String port = "<controller type='pci' index='1' model='pcie-root-port'/>";
        when(folder.definition()).thenReturn(Optional.of(domain(port)));
        when(folder.liveDefinition())
                .thenReturn(Optional.of(domain(port + "<interface type='user'><teaming type='transient'"
                        + " persistent='ua-s'/><alias name='ua-p'/><address type='pci' bus='1'/></interface>")));
        try (MockedStatic<QmpClient> client = mockStatic(QmpClient.class)) {
            connect(qemu, client, listener);
            listener.get()
                    .accept(new QmpEvent(
                            QmpEvents.DEVICE_DELETED,
                            Instant.EPOCH,
                            JsonNodeFactory.instance.objectNode().put("device", "ua-p")));
        }

        verify(folder).storeLiveDefinition(domain(port));
    }

    private static String domain(String devices) {
        return "<domain type='qemu'><name>web1</name><os><type machine='q35'>hvm</type></os><devices>" + devices
                + "</devices></domain>";
    }

    private static void connect(
            RunningQemu qemu, MockedStatic<QmpClient> client, AtomicReference<Consumer<QmpEvent>> listener) {
        client.when(() -> QmpClient.connect(any(), any(), any(), any(), any())).thenAnswer(call -> {
            listener.set(call.getArgument(3));
            return mock(QmpClient.class);
        });
        qemu.connect(Duration.ofSeconds(1));
    }

    @Test
    void doesNotKnowWhetherStandbyIsNegotiatedAfterALostMonitor() {
        AtomicReference<Consumer<QmpEvent>> listener = new AtomicReference<>();
        RunningQemu qemu = qemu();
        try (MockedStatic<QmpClient> client = mockStatic(QmpClient.class)) {
            connect(qemu, client, listener);
            listener.get()
                    .accept(new QmpEvent(
                            QmpEvents.FAILOVER_NEGOTIATED,
                            Instant.EPOCH,
                            JsonNodeFactory.instance.objectNode().put("device-id", "ua-standby0")));
            assertThat(qemu.wasNegotiated("ua-standby0")).isTrue();

            qemu.connect(Duration.ofSeconds(1));

            assertThat(qemu.wasNegotiated("ua-standby0")).isFalse();
        }
    }

    @Test
    void reportsTheEndAlsoIfTheRunCannotBeCleared() {
        RunningQemu qemu = mock(RunningQemu.class);
        QemuRuntime runtime = mock(QemuRuntime.class);
        qemu();
        when(runtime.threads()).thenReturn(threads);
        when(qemu.endReason()).thenReturn("QEMU ended");
        when(qemu.run()).thenReturn(RUN);
        doThrow(new UncheckedIOException(new IOException("No space left on device")))
                .when(folder)
                .clearRunOrDelete();
        QemuVm vm = new QemuVm(folder, runtime);
        vm.attach(qemu);

        assertThatThrownBy(() -> vm.onExit(qemu)).isInstanceOf(UncheckedIOException.class);

        verify(qemu).publish(argThat(event -> event instanceof HostEvent.Stopped));
        assertThat(vm.state()).isEqualTo(VmState.SHUTOFF);
    }
}
