// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.PairChange;
import org.understudy.api.Pairs;
import org.understudy.api.PrimaryKind;
import org.understudy.api.VirtualMachines;

class VmFixTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final String BEFORE = "<domain/>";
    private static final String FIXED = "<domain><graphics passwd='secret'/></domain>";
    private static final Finding LEFT =
            Finding.of(FindingCode.SAME_HOST, "vm web1", "VM web1 has another problem", "Repair it.");

    private final Terminal terminal = new Terminal();
    private final VirtualMachines vms = mock(VirtualMachines.class);
    private final Pairs pairs = mock(Pairs.class);
    private final VmFix fix = terminal.ready(new VmFix());

    @BeforeEach
    void prepare() {
        fix.vm = "web1";
        fix.vms = vms;
        fix.pairs = pairs;
        when(vms.show(any())).thenReturn(Samples.vm(PrimaryKind.VF));
        when(vms.definition(any())).thenReturn(BEFORE);
        answer(true);
    }

    private void answer(boolean changed) {
        when(pairs.fix(BEFORE, Optional.of(ALPHA)))
                .thenReturn(new PairChange(changed, PairChange.Effect.AT_NEXT_START, List.of(LEFT), FIXED));
    }

    @Test
    void appliesTheFixesAndPrintsWhatIsLeft() {
        assertThat(fix.execute()).isNull();

        verify(vms).define(ALPHA, FIXED);
        assertThat(terminal.text()).contains("another problem", "Changed; it takes effect when the VM is started");
    }

    @Test
    void showsTheFixesWithoutApplyingThem() {
        fix.dryRun = true;

        assertThat(fix.execute()).isNull();

        verify(vms, never()).define(any(), any());
        assertThat(terminal.text()).contains("Would be changed", "passwd='***'").doesNotContain("secret");
    }

    @Test
    void endsWithTheFindingsIfNothingCanBeFixed() {
        answer(false);

        assertThat(fix.execute()).isEqualTo(ErrorCode.REFUSED_BY_FINDINGS.exitCode());

        verify(vms, never()).define(any(), any());
        assertThat(terminal.text()).contains("Nothing was changed.");
    }
}
