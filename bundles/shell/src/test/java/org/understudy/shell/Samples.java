// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.Alias;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.PrimaryKind;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;

/** Values for several tests. */
final class Samples {
    private Samples() {}

    static Vm vm(PrimaryKind kind) {
        Pair pair = new Pair(
                new Alias("ua-standby0"),
                new Alias("ua-primary0"),
                new MacAddress("52:54:00:00:00:01"),
                Optional.empty(),
                kind,
                PairHealth.ACTIVE,
                "");
        return new Vm(
                new VmName("web1"), new UUID(0, 1), new HostName("alpha"), VmState.RUNNING, List.of(), List.of(pair));
    }

    /** A migration with this number of steps done and the next one running. */
    static Migration migration(String id, int done) {
        List<StepReport> steps = new ArrayList<>();
        for (MigrationStep step : MigrationStep.values()) {
            int i = step.ordinal();
            StepState state = i < done ? StepState.DONE : i == done ? StepState.RUNNING : StepState.PENDING;
            Optional<Duration> time = i < done ? Optional.of(Duration.ofMillis(i)) : Optional.empty();
            steps.add(new StepReport(step, state, Optional.empty(), time, Map.of()));
        }
        Optional<Outcome> outcome = done == steps.size() ? Optional.of(Outcome.COMPLETED) : Optional.empty();
        return new Migration(
                new MigrationId(id),
                done,
                new VmName("web1"),
                Optional.empty(),
                new HostName("alpha"),
                new HostName("beta"),
                List.of(PrimaryKind.EMULATED),
                Instant.EPOCH,
                Optional.empty(),
                steps,
                done > 3 ? Optional.of(100) : Optional.empty(),
                outcome,
                outcome.map(o -> Duration.ofMillis(51)),
                Optional.empty(),
                new NetworkGap.NotMeasured("no probe"),
                List.of());
    }

    static Migration ended(Migration m, Outcome outcome) {
        return new Migration(
                m.id(),
                m.revision(),
                m.vm(),
                m.uuid(),
                m.source(),
                m.destination(),
                m.primaries(),
                m.started(),
                m.ended(),
                m.steps(),
                m.progress(),
                Optional.of(outcome),
                m.downtime(),
                m.onStandby(),
                m.networkGap(),
                m.findings());
    }
}
