// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.recovery;

import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;
import org.understudy.concurrent.Backoff;
import org.understudy.concurrent.PendingAnswer;
import org.understudy.core.migration.context.HeldHosts;
import org.understudy.core.migration.context.MigrationEvents;
import org.understudy.core.migration.context.MigrationJournal;
import org.understudy.core.migration.context.MigrationJournal.Stage;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.migration.context.StepAbortedException;

/**
 * Waits without a limit until both hosts of an interrupted migration answer, and reports which host is missing. A host
 * may boot slower than this server; without its answer nothing can be decided.
 */
final class RecoveryWait {
    /**
     * Both hosts, once they answer. They are not held before: while a host does not answer, an edit of its options may be
     * what makes it answer.
     */
    record Found(Host source, Host destination, HeldHosts held) {}

    private static final Logger LOG = LoggerFactory.getLogger(RecoveryWait.class);
    private static final Duration MAX_PAUSE = Duration.ofSeconds(10);
    /** The source may have been sending, and QEMU pauses the guest before the switchover. */
    private static final Set<Stage> MAY_HAVE_PAUSED = EnumSet.of(Stage.PREPARED, Stage.GOING_BACK);

    private final Migration migration;
    private final boolean sent;
    private final Hosts hosts;
    private final MigrationServices services;
    private final MigrationStatusBuilder status;
    private final MigrationEvents events;
    /** Queries without an answer: a host that hangs is queried once. */
    private final Map<HostName, PendingAnswer<Host>> pending = new HashMap<>();

    private Optional<Finding> reported = Optional.empty();

    RecoveryWait(
            MigrationJournal.Entry entry,
            Hosts hosts,
            MigrationServices services,
            MigrationStatusBuilder status,
            MigrationEvents events) {
        this.migration = entry.migration();
        this.sent = MAY_HAVE_PAUSED.contains(entry.stage());
        this.hosts = hosts;
        this.services = services;
        this.status = status;
        this.events = events;
    }

    /** @throws StepAbortedException when an admin ends the migration, or this server stops */
    Found hosts() {
        Backoff pauses = new Backoff(services.timings().poll(), MAX_PAUSE);
        for (int attempt = 1; true; attempt++) {
            Optional<Host> source = answeredHost(migration.source());
            Optional<Host> destination = source.flatMap(s -> answeredHost(migration.destination()));
            destination.ifPresent(d -> withdrawReport());
            Optional<Found> found = destination.flatMap(d -> held(source.get(), d));
            if (found.isPresent()) {
                // Nothing may throw while the hosts are held and the caller cannot release them yet.
                return found.get();
            }
            events.poll(pauses.pause(attempt), Optional::empty);
        }
    }

    /** Empty if a host was opened again since it answered. */
    private Optional<Found> held(Host source, Host destination) {
        try {
            return Optional.of(
                    new Found(source, destination, HeldHosts.of(hosts, migration.id(), source, destination)));
        } catch (UnderstudyException e) {
            LOG.debug("Migration {}: {}", migration.id(), e.getMessage());
            return Optional.empty();
        }
    }

    /** The finding that names the missing host; empty if none is missing. */
    Optional<Finding> reported() {
        return reported;
    }

    private Optional<Host> answeredHost(HostName name) {
        PendingAnswer<Host> pendingAnswer = pending.computeIfAbsent(name, this::query);
        if (events.poll(services.timings().grace(), pendingAnswer).isEmpty()) {
            report(name, "no answer yet");
            return Optional.empty();
        }
        pending.remove(name);
        if (pendingAnswer.failure().isPresent()) {
            Throwable why = pendingAnswer.failure().get();
            report(name, Optional.ofNullable(why.getMessage()).orElse(why.toString()));
            return Optional.empty();
        }
        return Optional.of(pendingAnswer.get());
    }

    private PendingAnswer<Host> query(HostName name) {
        return events.begin("query host " + name, () -> {
            Host host = hosts.host(name);
            host.find(migration.vm());
            return host;
        });
    }

    private void withdrawReport() {
        reported.ifPresent(status::remove);
        reported = Optional.empty();
    }

    private void report(HostName name, String reason) {
        Finding now = Finding.of(
                        FindingCode.HOST_UNAVAILABLE,
                        "vm " + migration.vm() + ", host " + name,
                        "Recovery of migration " + migration.id() + " waits for host " + name
                                + (sent && name.equals(migration.source())
                                        ? ", where VM " + migration.vm() + " may be paused"
                                        : "")
                                + ": " + reason,
                        "Make host " + name + " reachable, or end the recovery with \"understudy:migration-cancel "
                                + migration.id() + "\".")
                .as(Severity.WARNING);
        if (!reported.equals(Optional.of(now))) {
            LOG.warn(
                    "Migration {} of VM {}: recovery waits for host {}: {}",
                    migration.id(),
                    migration.vm(),
                    name,
                    reason);
            reported.ifPresent(status::remove);
            status.add(now);
            reported = Optional.of(now);
        }
    }
}
