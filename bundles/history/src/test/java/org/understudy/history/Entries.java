// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.MigrationStep;
import org.understudy.api.NetworkGap;
import org.understudy.api.Outcome;
import org.understudy.api.PastFinding;
import org.understudy.api.Severity;
import org.understudy.api.StepReport;
import org.understudy.api.StepState;
import org.understudy.api.VmName;

/** Records for the tests. */
final class Entries {
    static final Instant START = Instant.parse("2026-11-01T10:00:00.123456Z");
    static final RowFormat FORMAT = new RowFormat("server-a");

    private Entries() {}

    static UUID uuid(String vm) {
        return UUID.nameUUIDFromBytes(vm.getBytes(StandardCharsets.UTF_8));
    }

    static Migration migration(String id, String vm, Instant started, Optional<Outcome> outcome) {
        return new Migration(
                new MigrationId(id),
                7,
                new VmName(vm),
                Optional.of(uuid(vm)),
                new HostName("alpha"),
                new HostName("beta"),
                List.of(),
                started,
                outcome.map(o -> started.plusSeconds(20)),
                Arrays.stream(MigrationStep.values())
                        .map(step ->
                                new StepReport(step, StepState.DONE, Optional.of(started), Optional.empty(), Map.of()))
                        .toList(),
                Optional.of(100),
                outcome,
                Optional.of(Duration.ofMillis(43)),
                Optional.empty(),
                new NetworkGap.NotMeasured("no probe"),
                List.of());
    }

    static AuditEntry action(String user, String vm, Instant time) {
        return new AuditEntry(
                UUID.randomUUID(),
                time,
                user,
                AuditEntry.Face.REST,
                Optional.of("192.0.2.9"),
                Action.POWER,
                vm,
                Optional.of(uuid(vm)),
                Optional.of(new HostName("alpha")),
                AuditEntry.Result.ACCEPTED,
                Optional.empty(),
                "");
    }

    static PastFinding finding(String host, Instant appeared) {
        return new PastFinding(
                "host-unavailable",
                Severity.ERROR,
                "host " + host,
                "Host " + host + " is unreachable",
                "Check the network.",
                Optional.of(new HostName(host)),
                Optional.empty(),
                Optional.empty(),
                appeared,
                Optional.empty());
    }
}
