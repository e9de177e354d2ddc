// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigration.Entry;
import org.understudy.api.BulkMigrations;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;

/** Follows a bulk migration to its end and prints each change of a VM. The end of the command changes nothing. */
final class BulkFollower implements AutoCloseable {
    private static final long POLL_SECONDS = 2;

    private final BulkMigrations bulk;
    private final Optional<PrintStream> out;
    private final BlockingQueue<BulkMigration> updates = new LinkedBlockingQueue<>();
    private final Subscription subscription;

    /** @param out empty: prints nothing */
    BulkFollower(BulkMigrations bulk, Optional<PrintStream> out) {
        this.bulk = bulk;
        this.out = out;
        this.subscription = bulk.listen(updates::add);
    }

    /** Blocks until all migrations have ended, and returns the last status. */
    BulkMigration follow(BulkMigration first) {
        out.ifPresent(
                to -> to.printf("%s  %d VMs%n", first.id(), first.entries().size()));
        List<Entry> shown = List.of();
        BulkMigration now = first;
        while (true) {
            shown = print(shown, now.entries());
            if (!now.isRunning()) {
                return now;
            }
            now = next(now);
        }
    }

    private List<Entry> print(List<Entry> before, List<Entry> now) {
        List<Entry> changed = new ArrayList<>(now);
        changed.removeAll(before);
        out.ifPresent(to -> {
            changed.forEach(entry -> to.println("  " + FleetText.line(entry)));
            to.flush();
        });
        return now;
    }

    private BulkMigration next(BulkMigration now) {
        while (true) {
            Optional<BulkMigration> candidate = poll(now.id());
            if (candidate.isEmpty()) {
                if (out.filter(PrintStream::checkError).isPresent()) {
                    throw continues(now.id(), new InterruptedException("The session cannot be written"));
                }
                return bulk.show(now.id());
            }
            if (candidate.get().id().equals(now.id()) && candidate.get().revision() > now.revision()) {
                return candidate.get();
            }
        }
    }

    private Optional<BulkMigration> poll(String id) {
        try {
            return Optional.ofNullable(updates.poll(POLL_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw continues(id, e);
        }
    }

    private static UnderstudyException continues(String id, InterruptedException cause) {
        return new UnderstudyException(
                ErrorCode.CANCELLED,
                "Bulk migration " + id + " continues without this command; see understudy:bulk-show " + id,
                cause);
    }

    @Override
    public void close() {
        subscription.close();
    }
}
