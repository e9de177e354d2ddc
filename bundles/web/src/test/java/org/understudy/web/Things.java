// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.understudy.api.Action;
import org.understudy.api.Alias;
import org.understudy.api.AuditEntry;
import org.understudy.api.HostName;
import org.understudy.api.MacAddress;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.NetworkGap;
import org.understudy.api.Nic;
import org.understudy.api.NicRole;
import org.understudy.api.Outcome;
import org.understudy.api.Pair;
import org.understudy.api.PairHealth;
import org.understudy.api.PoolName;
import org.understudy.api.PrimaryKind;
import org.understudy.api.Vm;
import org.understudy.api.VmName;
import org.understudy.api.VmState;

/** VMs and migrations for tests. */
final class Things {
    static final HostName ALPHA = new HostName("alpha");
    static final HostName BETA = new HostName("beta");

    private Things() {}

    static UUID uuid(int number) {
        return new UUID(1, number);
    }

    /** A VM {@code web<number>} with one pair. */
    static Vm vm(int number, HostName host, PairHealth health) {
        Alias standby = new Alias("ua-standby0");
        Alias primary = new Alias("ua-primary0");
        MacAddress mac = new MacAddress("52:54:00:00:%02x:%02x".formatted(number >> 8 & 0xff, number & 0xff));
        return new Vm(
                new VmName("web" + number),
                uuid(number),
                host,
                VmState.RUNNING,
                List.of(
                        new Nic(0, Optional.of(standby), Optional.of(mac), "virtio", "bridge br0", NicRole.STANDBY),
                        new Nic(1, Optional.of(primary), Optional.of(mac), "hostdev", "pool-a", NicRole.PRIMARY)),
                List.of(new Pair(
                        standby, primary, mac, Optional.of(new PoolName("pool-a")), PrimaryKind.VF, health, "")));
    }

    /** Of a user with the VM {@code web<number>}. */
    static AuditEntry action(String user, int vm) {
        return new AuditEntry(
                new UUID(2, vm),
                Instant.EPOCH,
                user,
                AuditEntry.Face.REST,
                Optional.empty(),
                Action.MIGRATE,
                "web" + vm,
                Optional.of(uuid(vm)),
                Optional.of(ALPHA),
                AuditEntry.Result.ACCEPTED,
                Optional.empty(),
                "");
    }

    static Migration migration(String id, long revision, int vm, Optional<Outcome> outcome) {
        return new Migration(
                new MigrationId(id),
                revision,
                new VmName("web" + vm),
                Optional.of(uuid(vm)),
                ALPHA,
                BETA,
                List.of(PrimaryKind.VF),
                Instant.EPOCH.plusSeconds(vm),
                outcome.map(ended -> Instant.EPOCH.plusSeconds(vm + 1)),
                List.of(),
                Optional.empty(),
                outcome,
                Optional.empty(),
                Optional.empty(),
                new NetworkGap.NotMeasured("No probe is configured"),
                List.of());
    }
}
