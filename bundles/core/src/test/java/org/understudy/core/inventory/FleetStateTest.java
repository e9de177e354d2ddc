// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.InventoryChange;
import org.understudy.api.Revised;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;
import org.understudy.api.VmUuid;

class FleetStateTest {
    private static final HostName A = new HostName("a");
    private static final HostName B = new HostName("b");
    private static final UUID WEB1 = new UUID(1, 2);

    private final List<InventoryChange> changes = new ArrayList<>();
    private final FleetState state = new FleetState(changes::add);

    private void hosts(HostName... names) {
        for (HostName name : names) {
            state.setHost(entry(name, Optional.empty()), Optional.empty());
        }
        state.configure(List.of(names), List.of());
        changes.clear();
    }

    private static HostEntry entry(HostName name, Optional<Instant> staleSince) {
        HostView view = new HostView(name, "fake", staleSince.isEmpty(), "a fake", List.of());
        return new HostEntry(view, staleSince, false, "none", List.of(), List.of());
    }

    private static Vm vm(HostName host, String name, UUID uuid, VmState vmState) {
        return new Vm(new VmName(name), uuid, host, vmState, List.of(), List.of());
    }

    private void web1(HostName host, VmState vmState) {
        state.setVms(host, List.of(vm(host, "web1", WEB1, vmState)));
    }

    private List<String> listed() {
        return state.snapshot().vms().stream()
                .map(vm -> vm.value().name() + "@" + vm.value().host() + " "
                        + vm.value().state())
                .toList();
    }

    @Test
    void givesEachChangeTheNextRevision() {
        hosts(A);
        long before = state.snapshot().revision();

        web1(A, VmState.SHUTOFF);
        web1(A, VmState.RUNNING);

        assertThat(changes).extracting(InventoryChange::revision).containsExactly(before + 1, before + 2);
        assertThat(changes).extracting(InventoryChange::key).containsOnly("a/" + WEB1);
        assertThat(state.snapshot().vms()).extracting(Revised::revision).containsExactly(before + 2);
        assertThat(state.snapshot().revision()).isEqualTo(before + 2);
    }

    @Test
    void doesNotPublishWhatStaysTheSame() {
        hosts(A);
        web1(A, VmState.RUNNING);
        long before = state.snapshot().revision();
        changes.clear();

        web1(A, VmState.RUNNING);
        state.setHost(entry(A, Optional.empty()), Optional.empty());

        assertThat(changes).isEmpty();
        assertThat(state.snapshot().revision()).isEqualTo(before);
    }

    @Test
    void aSnapshotDoesNotChange() {
        hosts(A);
        web1(A, VmState.RUNNING);
        FleetSnapshot before = state.snapshot();

        state.setVms(A, List.of());

        assertThat(before.vms()).hasSize(1);
        assertThat(state.snapshot().vms()).isEmpty();
        assertThat(changes.get(changes.size() - 1).now()).isEmpty();
    }

    /** Changes up to the revision of a snapshot are in it, and those after it are not. */
    @Test
    void changesContinueASnapshot() {
        hosts(A);
        web1(A, VmState.SHUTOFF);
        FleetSnapshot snapshot = state.snapshot();
        web1(A, VmState.RUNNING);

        assertThat(changes.stream().filter(c -> c.revision() > snapshot.revision()))
                .singleElement()
                .satisfies(c -> assertThat(c.now()).isEqualTo(Optional.of(vm(A, "web1", WEB1, VmState.RUNNING))));
    }

    @Test
    void listsAVmOnTheHostThatRunsIt() {
        hosts(A, B);
        web1(A, VmState.SHUTOFF);
        web1(B, VmState.RUNNING);

        assertThat(listed()).containsExactly("web1@b RUNNING");
        assertThat(state.snapshot().find(new VmUuid(WEB1))).hasSize(1);
    }

    @Test
    void aVmThatMovesAppearsBeforeItDisappears() {
        hosts(A, B);
        web1(A, VmState.RUNNING);
        web1(B, VmState.INCOMING);
        changes.clear();

        web1(A, VmState.PAUSED);
        web1(B, VmState.RUNNING);
        state.setVms(A, List.of());

        assertThat(changes)
                .extracting(c -> c.key().charAt(0) + " " + c.now().isPresent())
                .containsExactly("a true", "b true", "a false");
        assertThat(listed()).containsExactly("web1@b RUNNING");
    }

    @Test
    void listsAVmThatTwoHostsRunOnBoth() {
        hosts(A, B);
        web1(A, VmState.RUNNING);
        web1(B, VmState.RUNNING);

        assertThat(listed()).containsExactly("web1@a RUNNING", "web1@b RUNNING");
        assertThat(state.snapshot().find(new VmName("web1"))).hasSize(2);
        assertThat(state.snapshot().find(new VmOnHost(A, "web1"))).hasSize(1);
        assertThat(state.snapshot().find(new VmOnHost(new HostName("omega"), "web1")))
                .isEmpty();
    }

    @Test
    void aRenamedVmIsTheSameObject() {
        hosts(A);
        web1(A, VmState.SHUTOFF);
        changes.clear();

        state.setVms(A, List.of(vm(A, "web2", WEB1, VmState.SHUTOFF)));

        assertThat(changes).singleElement().satisfies(c -> assertThat(c.now()).isPresent());
        assertThat(listed()).containsExactly("web2@a SHUTOFF");
    }

    @Test
    void keepsTheVmsOfAStaleHostUntilAnotherHostHasThem() {
        hosts(A, B);
        web1(A, VmState.RUNNING);

        UnansweredHost silent = new UnansweredHost(A, "did not answer", Optional.empty());
        state.setHost(entry(A, Optional.of(Instant.EPOCH)), Optional.of(silent));
        assertThat(listed()).containsExactly("web1@a RUNNING");
        assertThat(state.snapshot().findings()).containsExactly(silent.finding());

        web1(B, VmState.SHUTOFF);
        assertThat(listed()).containsExactly("web1@b SHUTOFF");

        state.setHost(entry(A, Optional.empty()), Optional.empty());
        assertThat(listed()).containsExactly("web1@a RUNNING");
        assertThat(state.snapshot().findings()).isEmpty();
    }

    @Test
    void dropsTheVmsOfAHostThatIsRemovedFromTheConfiguration() {
        hosts(A, B);
        web1(A, VmState.RUNNING);
        changes.clear();

        state.configure(List.of(B), List.of());

        assertThat(listed()).isEmpty();
        assertThat(state.snapshot().hosts()).hasSize(1);
        assertThat(changes)
                .extracting(InventoryChange::kind)
                .containsExactly(InventoryChange.Kind.VM, InventoryChange.Kind.HOST);
    }
}
