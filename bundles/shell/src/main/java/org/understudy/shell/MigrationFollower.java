// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.understudy.api.ErrorCode;
import org.understudy.api.Migration;
import org.understudy.api.MigrationId;
import org.understudy.api.Migrations;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;

/** Follows a migration to its end and prints each step as it happens. The end of the command changes nothing of the migration. */
final class MigrationFollower implements AutoCloseable {
    /** The migration is read after this time without an update, because an update may be lost. */
    private static final long POLL_SECONDS = 2;

    private final Migrations migrations;
    private final Optional<PrintStream> out;
    private final BlockingQueue<Migration> updates = new LinkedBlockingQueue<>();
    private final Subscription subscription;

    /** @param out empty: prints nothing */
    MigrationFollower(Migrations migrations, Optional<PrintStream> out) {
        this.migrations = migrations;
        this.out = out;
        this.subscription = migrations.listen(updates::add);
    }

    /** Blocks until the migration has ended, and returns its last status. */
    Migration follow(Migration first) {
        Optional<StepLines> lines = out.map(StepLines::new);
        out.ifPresent(
                to -> to.printf("%s  %s from %s to %s%n", first.id(), first.vm(), first.source(), first.destination()));
        Migration now = first;
        while (true) {
            Migration shown = now;
            lines.ifPresent(to -> to.update(shown));
            if (!now.isRunning()) {
                return now;
            }
            now = next(now);
        }
    }

    /** Waits for an update that is newer than this one. */
    private Migration next(Migration now) {
        MigrationId id = now.id();
        while (true) {
            Optional<Migration> candidate = poll(id);
            if (candidate.isEmpty()) {
                requireReader(id);
                return migrations.show(id);
            }
            if (candidate.get().id().equals(id) && candidate.get().revision() > now.revision()) {
                return candidate.get();
            }
        }
    }

    private Optional<Migration> poll(MigrationId id) {
        try {
            return Optional.ofNullable(updates.poll(POLL_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw continues(id, e);
        }
    }

    /** A session whose connection was lost reads nothing more. */
    private void requireReader(MigrationId id) {
        if (out.filter(PrintStream::checkError).isPresent()) {
            throw continues(id, new InterruptedException("The session cannot be written"));
        }
    }

    private static UnderstudyException continues(MigrationId id, InterruptedException cause) {
        return new UnderstudyException(
                ErrorCode.CANCELLED,
                "Migration " + id + " continues without this command; see understudy:migration-show " + id,
                cause);
    }

    @Override
    public void close() {
        subscription.close();
    }
}
