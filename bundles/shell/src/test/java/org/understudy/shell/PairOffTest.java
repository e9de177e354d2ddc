// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.contains;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.jline.reader.EndOfFileException;
import org.jline.reader.UserInterruptException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.PairChange;
import org.understudy.api.Pairs;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VirtualMachines;
import org.understudy.api.Vm;
import org.understudy.api.VmState;

class PairOffTest {
    private static final String WARNING =
            "is running on host alpha: pair-off unplugs the primary at once and releases its VF;";

    private final Terminal terminal = new Terminal();
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Pairs pairs = mock(Pairs.class);
    private final PairOff off = terminal.ready(new PairOff());

    @BeforeEach
    void prepare() throws IOException {
        off.vm = "web1";
        off.vms = vms;
        off.pairs = pairs;
        run(VmState.RUNNING);
        when(vms.definition(any())).thenReturn("<domain id='1'/>");
        when(pairs.planOff(any(), any()))
                .thenReturn(new PairChange(true, PairChange.Effect.NONE, List.of(), "<domain/>"));
        when(pairs.turnOff(any(), any()))
                .thenReturn(new PairChange(true, PairChange.Effect.AT_ONCE, List.of(), "<domain/>"));
        when(terminal.session.readLine(anyString(), any())).thenThrow(new UnsupportedOperationException());
    }

    private void run(VmState state) {
        run(state, PrimaryKind.VF);
    }

    private void run(VmState state, PrimaryKind kind) {
        Vm vm = Samples.vm(kind);
        when(vms.show(any())).thenReturn(new Vm(vm.name(), vm.uuid(), vm.host(), state, vm.nics(), vm.pairs()));
    }

    private void type(String answer) throws IOException {
        doReturn(answer).when(terminal.session).readLine(contains("Unplug the primary?"), any());
    }

    @Test
    void unplugsThePrimaryOfARunningVmIfTheUserAgrees() throws Exception {
        type("yes");

        assertThat(off.execute()).isNull();
        assertThat(terminal.text()).contains(WARNING, "the running VM is changed too");
        verify(pairs).turnOff(any(), any());
    }

    @Test
    void announcesNoReleaseOfAVfIfThePrimaryIsEmulated() {
        run(VmState.RUNNING, PrimaryKind.EMULATED);
        off.execute();

        assertThat(terminal.text()).contains("unplugs the primary at once; the traffic");
    }

    @ParameterizedTest
    @CsvSource({"no", "y", "''"})
    void changesNothingIfTheUserDoesNotAgree(String answer) throws Exception {
        type(answer);

        assertThat(off.execute()).isEqualTo(ErrorCode.CANCELLED.exitCode());
        assertThat(terminal.text()).contains(WARNING, "Pair of VM web1 was not changed");
        verify(pairs, never()).turnOff(any(), any());
    }

    private static Stream<Exception> keysThatCancel() {
        return Stream.of(new EOFException(), new EndOfFileException(), new UserInterruptException("y"));
    }

    @ParameterizedTest
    @MethodSource("keysThatCancel")
    void changesNothingAfterControlCOrControlD(Exception key) throws Exception {
        doThrow(key).when(terminal.session).readLine(anyString(), any());

        assertThat(off.execute()).isEqualTo(ErrorCode.CANCELLED.exitCode());
        verify(pairs, never()).turnOff(any(), any());
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void needsAnOptionWithoutATerminal(boolean json) {
        off.json = json;

        assertThat(off.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
        assertThat(terminal.text()).contains("--yes", WARNING);
        verify(pairs, never()).turnOff(any(), any());
    }

    @Test
    void doesNotAskWithTheOption() {
        off.trailing = List.of("--yes");

        assertThat(off.execute()).isNull();
        verify(pairs).turnOff(any(), any());
    }

    @Test
    void doesNotAskIfTheVmIsOff() {
        run(VmState.SHUTOFF);

        assertThat(off.execute()).isNull();
        verify(pairs).turnOff(any(), any());
    }

    @ParameterizedTest
    @EnumSource(
            value = VmState.class,
            names = {"PAUSED", "UNKNOWN"})
    void asksIfTheVmMayRun(VmState state) {
        run(state);

        assertThat(off.execute()).isEqualTo(ErrorCode.INVALID_ARGUMENT.exitCode());
    }

    @Test
    void doesNotAskIfThereIsNoPair() {
        when(pairs.planOff(any(), any()))
                .thenReturn(new PairChange(false, PairChange.Effect.NONE, List.of(), "<domain id='1'/>"));

        assertThat(off.execute()).isNull();
        verify(pairs).turnOff(any(), any());
    }
}
