// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.Severity;
import org.understudy.api.spi.Host;
import org.understudy.api.spi.Hosts;

/**
 * Waits until both hosts of an interrupted migration answer, for as long as that takes, and shows which one is waited
 * for. A host may boot slower than this server; without its answer nothing can be decided.
 */
final class RecoveryWait {
    /** Both hosts, once they answer. */
    record Found(Host source, Host destination) {}

    private static final Logger LOG = LoggerFactory.getLogger(RecoveryWait.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final Migration migration;
    private final Hosts hosts;
    private final Surroundings around;
    private final Picture picture;
    private final Trail trail;
    /** Questions without an answer yet: a host that hangs is asked once. */
    private final Map<HostName, Answer<Host>> asked = new HashMap<>();

    private Optional<Finding> shown = Optional.empty();

    RecoveryWait(Migration migration, Hosts hosts, Surroundings around, Picture picture, Trail trail) {
        this.migration = migration;
        this.hosts = hosts;
        this.around = around;
        this.picture = picture;
        this.trail = trail;
    }

    /** @throws StepStopped when an admin ends the migration, or this server stops */
    Found hosts() {
        Duration pause = around.tempo().poll();
        while (true) {
            Optional<Host> source = answering(migration.source());
            Optional<Host> destination = source.flatMap(s -> answering(migration.destination()));
            if (destination.isPresent()) {
                shown.ifPresent(picture::remove);
                return new Found(source.get(), destination.get());
            }
            trail.poll(pause, Optional::empty);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /** What is waited for, if anything is. */
    Optional<Finding> shown() {
        return shown;
    }

    private Optional<Host> answering(HostName name) {
        Answer<Host> answer = asked.computeIfAbsent(name, this::ask);
        if (trail.poll(around.tempo().grace(), answer).isEmpty()) {
            show(name, "no answer yet");
            return Optional.empty();
        }
        asked.remove(name);
        if (answer.failure().isPresent()) {
            Throwable why = answer.failure().get();
            show(name, Optional.ofNullable(why.getMessage()).orElse(why.toString()));
            return Optional.empty();
        }
        return Optional.of(answer.get());
    }

    private Answer<Host> ask(HostName name) {
        return trail.begin("ask host " + name, () -> {
            Host host = hosts.host(name);
            host.find(migration.vm());
            return host;
        });
    }

    private void show(HostName name, String reason) {
        Finding now = Finding.of(
                        FindingCode.HOST_UNAVAILABLE,
                        "vm " + migration.vm() + ", host " + name,
                        "The migration was interrupted by a restart of this server, and its recovery waits for host "
                                + name + ": " + reason + ".",
                        "Make host " + name + " reachable, or end the recovery with understudy:migration-cancel "
                                + migration.id() + ".")
                .as(Severity.WARNING);
        if (!shown.equals(Optional.of(now))) {
            LOG.warn(
                    "Migration {} of VM {}: recovery waits for host {}: {}",
                    migration.id(),
                    migration.vm(),
                    name,
                    reason);
            shown.ifPresent(picture::remove);
            picture.add(now);
            shown = Optional.of(now);
        }
    }
}
