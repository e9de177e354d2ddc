// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.understudy.api.Alias;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostEntry;
import org.understudy.api.HostName;
import org.understudy.api.HostView;
import org.understudy.api.MacAddress;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.PastFinding;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;
import org.understudy.concurrent.testing.FakeScheduler;

class FindingRecorderTest {
    private static final HostName ALPHA = new HostName("alpha");

    private final FakeScheduler scheduler = new FakeScheduler();
    private final FakeInventory inventory = new FakeInventory();
    private final Map<String, PastFinding> stored = new LinkedHashMap<>();
    private final List<String> codes = new ArrayList<>();
    private final FindingRecorder recorder = new FindingRecorder(scheduler, (id, finding) -> {
        stored.put(id, finding);
        codes.add(finding.code());
    });

    private static Finding unavailable(String message) {
        return Finding.of(FindingCode.HOST_UNAVAILABLE, "host alpha", message, "Check it.");
    }

    private static HostEntry host(Finding... findings) {
        return new HostEntry(
                new HostView(ALPHA, "libvirt", findings.length == 0, "", List.of(findings)),
                Optional.empty(),
                true,
                "",
                List.of(),
                List.of());
    }

    private static Vm vm(PairHealth health) {
        Pair pair = new Pair(
                new Alias("ua-s"),
                new Alias("ua-p"),
                new MacAddress("52:54:00:00:00:01"),
                Optional.empty(),
                PrimaryKind.VF,
                health,
                "");
        return new Vm(new VmName("web1"), Entries.uuid("web1"), ALPHA, VmState.RUNNING, List.of(), List.of(pair));
    }

    private PastFinding only() {
        assertThat(stored).hasSize(1);
        return stored.values().iterator().next();
    }

    @Test
    void recordsWhenAFindingOfAHostAppearsAndEnds() {
        recorder.follow(inventory);
        Instant appeared = scheduler.instant();
        inventory.change(host(unavailable("refused")));
        scheduler.advance(Duration.ofSeconds(60));
        assertThat(only().ended()).isEmpty();

        inventory.change(host());

        assertThat(only().appeared()).isEqualTo(appeared);
        assertThat(only().ended()).contains(scheduler.instant());
        assertThat(only().host()).contains(ALPHA);
        assertThat(only().severity()).isEqualTo(Severity.ERROR);
    }

    @Test
    void recordsAPairThatIsOnStandbyWithTheVm() {
        recorder.follow(inventory);
        inventory.change(vm(PairHealth.ON_STANDBY));
        scheduler.advance(Duration.ofSeconds(30));

        assertThat(only().code()).isEqualTo("pair-on-standby");
        assertThat(only().uuid()).contains(Entries.uuid("web1"));
        assertThat(only().message()).contains("Pair 52:54:00:00:00:01 of VM web1");
        inventory.remove(vm(PairHealth.ON_STANDBY));
        assertThat(only().ended()).isPresent();
    }

    @Test
    void waitsOnceForFindingsThatComeAndGo() {
        recorder.follow(inventory);
        int before = scheduler.timed();

        for (int i = 0; i < 5; i++) {
            inventory.change(vm(PairHealth.ON_STANDBY));
            inventory.change(vm(PairHealth.ACTIVE));
            scheduler.advance(Duration.ofSeconds(1));
        }

        assertThat(scheduler.timed()).isEqualTo(before + 1);
    }

    @Test
    void recordsNothingThatEndsWithinSeconds() {
        recorder.follow(inventory);
        for (int i = 0; i < 5; i++) {
            inventory.change(vm(PairHealth.UNPLUGGING));
            scheduler.advance(Duration.ofSeconds(3));
            inventory.change(vm(PairHealth.ON_STANDBY));
            scheduler.advance(Duration.ofSeconds(5));
            inventory.change(vm(PairHealth.ACTIVE));
            scheduler.advance(Duration.ofSeconds(4));
        }
        scheduler.advance(Duration.ofMinutes(1));

        assertThat(stored).isEmpty();
        assertThat(scheduler.timed()).isZero();
    }

    @Test
    void recordsAChangedMessageOnceAndIgnoresNotices() {
        recorder.follow(inventory);
        inventory.change(host(unavailable("refused"), unavailable("refused").as(Severity.NOTICE)));
        scheduler.advance(Duration.ofMinutes(1));
        inventory.change(host(unavailable("refused")));
        inventory.change(host(unavailable("timed out")));

        assertThat(only().message()).isEqualTo("timed out");
        assertThat(codes).hasSize(2);
    }

    @Test
    void beginsWithWhatLastsWhenItStartsAndLeavesItOpenWhenTheServerEnds() {
        inventory.change(host(unavailable("refused")));
        Subscription followed = recorder.follow(inventory);
        scheduler.advance(Duration.ofMinutes(1));
        assertThat(only().ended()).isEmpty();

        recorder.close();
        followed.close();

        assertThat(only().ended()).isEmpty();
    }

    @Test
    void endsItsFindingsWhenTheInventoryIsGone() {
        inventory.change(host(unavailable("refused")));
        Subscription first = recorder.follow(inventory);
        scheduler.advance(Duration.ofMinutes(1));

        // Declarative Services sets a new service before it unsets the old one.
        Subscription second = recorder.follow(inventory);
        first.close();
        scheduler.advance(Duration.ofMinutes(1));
        assertThat(stored.values()).extracting(f -> f.ended().isPresent()).containsExactly(true, false);

        second.close();
        assertThat(stored.values()).extracting(f -> f.ended().isPresent()).containsExactly(true, true);
    }
}
