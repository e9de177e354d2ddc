// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.Action;
import org.understudy.api.ErrorCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.Outcome;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;

@Service
@Performs(Action.MIGRATE)
@Command(scope = "understudy", name = "migrate", description = "Migrate a running VM to another host")
public final class Migrate extends MoveCommand {
    /** The migration is read after this time without an update, because an update may be lost. */
    private static final long POLL_SECONDS = 2;

    @Option(name = "--detach", description = "Print the ID of the migration and return at once")
    boolean detach;

    @Override
    int run() {
        BlockingQueue<Migration> updates = new LinkedBlockingQueue<>();
        Subscription subscription = migrations.listen(updates::add);
        try {
            Migration first = migrations.start(vm(), destination(), options());
            if (detach) {
                print(first, () -> out().println(first.id()));
                return 0;
            }
            return ended(follow(first, updates));
        } finally {
            subscription.close();
        }
    }

    private int ended(Migration last) {
        print(last, () -> TextView.summary(out(), last));
        return last.outcome().map(Outcome::exitCode).orElse(ErrorCode.INTERNAL.exitCode());
    }

    private Migration follow(Migration first, BlockingQueue<Migration> updates) {
        StepLines lines = new StepLines(out());
        if (!json) {
            out().printf("%s  %s from %s to %s%n", first.id(), first.vm(), first.source(), first.destination());
        }
        Migration now = first;
        while (true) {
            if (!json) {
                lines.update(now);
            }
            if (!now.isRunning()) {
                return now;
            }
            now = next(now, updates);
        }
    }

    /** Waits for an update that is newer than this one. */
    private Migration next(Migration now, BlockingQueue<Migration> updates) {
        MigrationId id = now.id();
        while (true) {
            Migration candidate;
            try {
                candidate = updates.poll(POLL_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new UnderstudyException(
                        ErrorCode.CANCELLED,
                        "Migration " + id + " continues without this command; see understudy:migration-show " + id,
                        e);
            }
            if (candidate == null) {
                return migrations.show(id);
            }
            if (candidate.id().equals(id) && candidate.revision() > now.revision()) {
                return candidate;
            }
        }
    }
}
