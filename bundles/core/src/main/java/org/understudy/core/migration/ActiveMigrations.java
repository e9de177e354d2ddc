// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.Subscription;
import org.understudy.api.VmName;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.NamedTask;
import org.understudy.core.migration.context.MigrationServices;
import org.understudy.core.migration.context.MigrationStatusBuilder;
import org.understudy.core.migration.context.Task;

/**
 * The tasks of running migrations, at most one per VM. An exception of a task ends its own migration, and no other. Its
 * lock is never held during a call to a host or a write. Safe for use from any thread.
 */
final class ActiveMigrations {
    private static final Logger LOG = LoggerFactory.getLogger(ActiveMigrations.class);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

    /** @param task empty while the migration is being started */
    private record Active(Migration first, Optional<Task> task) {
        boolean isOfVm(Migration other) {
            return isOfVm(other.source(), other) || isOfVm(other.destination(), other) || hasUuidOf(other);
        }

        private boolean isOfVm(HostName host, Migration other) {
            return first.isOf(host, other.vm());
        }

        private boolean hasUuidOf(Migration other) {
            return first.uuid().isPresent() && first.uuid().equals(other.uuid());
        }
    }

    private final MigrationServices services;
    private final Map<MigrationId, Active> active = new HashMap<>();
    private final Set<Task> running = new HashSet<>();

    ActiveMigrations(MigrationServices services) {
        this.services = services;
    }

    synchronized boolean contains(HostName host, VmName vm) {
        return active.values().stream().anyMatch(a -> a.first().isOf(host, vm));
    }

    /** False if the VM is already being migrated. */
    synchronized boolean reserve(Migration first) {
        if (active.values().stream().anyMatch(a -> a.isOfVm(first))) {
            return false;
        }
        active.put(first.id(), new Active(first, Optional.empty()));
        return true;
    }

    /** Ends the reservation of a migration that has ended, or was not started. */
    synchronized void free(Migration ended) {
        active.remove(ended.id());
    }

    synchronized Optional<Task> task(Migration migration) {
        return Optional.ofNullable(active.get(migration.id())).flatMap(Active::task);
    }

    /**
     * Runs a task on a thread of its own. Never blocks.
     *
     * @param held its hosts, released when the task has ended
     */
    void launch(MigrationStatusBuilder status, Task task, Subscription held) {
        Migration migration = status.now();
        synchronized (this) {
            active.put(migration.id(), new Active(migration, Optional.of(task)));
            running.add(task);
        }
        try {
            services.threads().execute(new NamedTask("understudy-" + migration.id(), () -> {
                try {
                    task.run();
                } catch (RuntimeException | Error e) {
                    endByDefect(status, e);
                } finally {
                    remove(task);
                    held.close();
                }
            }));
        } catch (RuntimeException | Error e) {
            remove(task);
            held.close();
            endByDefect(status, e);
        }
    }

    private static void endByDefect(MigrationStatusBuilder status, Throwable e) {
        Migration migration = status.now();
        LOG.error("Migration {} of VM {}: unhandled exception", migration.id(), migration.vm(), e);
        status.endNeedingAttention(Finding.of(
                FindingCode.STATE_INCONSISTENT,
                "vm " + migration.vm(),
                "Migration " + migration.id() + " ended with an unhandled exception: " + e,
                "Find the host on which the VM runs with \"understudy:vm-list\", and report the exception in the log of the"
                        + " server as a defect."));
    }

    private synchronized void remove(Task task) {
        running.remove(task);
        notifyAll();
    }

    /** Abandons all tasks, and waits up to 3 s for their end. */
    void abandon() {
        List<Task> toStop;
        synchronized (this) {
            toStop = List.copyOf(running);
        }
        toStop.forEach(Task::abandon);
        awaitTasks();
    }

    private synchronized void awaitTasks() {
        Deadline deadline = Deadline.in(services.scheduler(), CLOSE_LIMIT);
        try {
            while (!running.isEmpty() && !deadline.isOver()) {
                deadline.await(this);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
