// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.Inventory;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.Pair;
import org.understudy.api.PassedVm;
import org.understudy.api.Revised;
import org.understudy.api.UnderstudyException;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.concurrent.Occurrences;
import org.understudy.concurrent.testing.FakeTime;

class PassedVmsTest {
    private static final HostName ALPHA = new HostName("alpha");
    private static final VmName WEB1 = new VmName("web1");
    private static final PassedVm PASSED =
            new PassedVm(WEB1, Instant.parse("2026-11-01T10:15:00Z"), "no answer within 3 s");

    private final InventorySnapshot snapshot = mock(InventorySnapshot.class);
    private final FakeTime time = new FakeTime();
    private final PassedVms passed = new PassedVms(inventory(), time);

    private Inventory inventory() {
        Inventory inventory = mock(Inventory.class);
        when(inventory.snapshot()).thenReturn(snapshot);
        return inventory;
    }

    @BeforeEach
    void host() {
        available(true);
    }

    private void available(boolean available) {
        HostEntry entry = mock(HostEntry.class);
        when(entry.view()).thenReturn(new HostView(ALPHA, "libvirt", available, "", List.of()));
        when(snapshot.host(any())).thenReturn(Optional.empty());
        when(snapshot.host(ALPHA)).thenReturn(Optional.of(new Revised<>(1, entry)));
    }

    private void vm(VmState state, Pair... pairs) {
        Vm vm = new Vm(WEB1, new UUID(1, 2), ALPHA, state, List.of(), List.of(pairs));
        when(snapshot.vms(ALPHA)).thenReturn(List.of(new Revised<>(1, vm)));
    }

    @Test
    void reportsAVmThatRunsWithoutAVf() {
        passed.add(ALPHA, List.of(PASSED));
        vm(VmState.RUNNING);
        time.advance(Duration.ofDays(1));

        assertThat(passed.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.HOOK_PASSED_VM);
            assertThat(finding.message())
                    .isEqualTo(
                            "VM web1 on host alpha continued without a VF at 2026-11-01T10:15:00Z: no answer within 3 s");
        });
    }

    @Test
    void countsEachByItsHost() {
        long before = Occurrences.VMS_PASSED.all().getOrDefault("alpha", 0L);

        passed.add(ALPHA, List.of(PASSED, PASSED));

        assertThat(Occurrences.VMS_PASSED.all()).containsEntry("alpha", before + 2);
        assertThat(passed.findings()).hasSize(1);
    }

    @Test
    void waitsUntilTheManagerHasStartedTheVm() {
        passed.add(ALPHA, List.of(PASSED));

        assertThat(passed.findings()).hasSize(1);
        time.advance(Duration.ofMinutes(3));
        assertThat(passed.findings()).isEmpty();
    }

    @Test
    void endsWhenTheVmIsShutOffOrHasAPair() {
        passed.add(ALPHA, List.of(PASSED));
        vm(VmState.RUNNING, mock(Pair.class));
        assertThat(passed.findings()).isEmpty();

        passed.add(ALPHA, List.of(PASSED));
        vm(VmState.SHUTOFF);
        time.advance(Duration.ofMinutes(3));
        assertThat(passed.findings()).isEmpty();
    }

    @Test
    void derivesNothingFromAHostThatDoesNotAnswer() {
        passed.add(ALPHA, List.of(PASSED));
        available(false);
        time.advance(Duration.ofMinutes(3));

        assertThat(passed.findings()).hasSize(1);
    }

    @Test
    void keepsTheLatestThousand() {
        List<PassedVm> many = IntStream.range(0, 1001)
                .mapToObj(i -> new PassedVm(new VmName("vm" + i), PASSED.at(), ""))
                .toList();

        passed.add(ALPHA, many);

        assertThat(passed.findings()).hasSize(1000).extracting(Finding::subject).doesNotContain("vm vm0 on host alpha");
    }

    @Test
    void refusesAHostThatIsNotConfigured() {
        assertThatThrownBy(() -> passed.add(new HostName("other"), List.of(PASSED)))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.HOST_NOT_FOUND));
    }
}
