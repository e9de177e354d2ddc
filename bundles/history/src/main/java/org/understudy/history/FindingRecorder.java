// SPDX-License-Identifier: Apache-2.0
package org.understudy.history;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.understudy.api.Inventory;
import org.understudy.api.InventorySnapshot;
import org.understudy.api.PastFinding;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;

/**
 * Records when findings of hosts and pairs appear and end, from the changes of the inventory. One that ends within 10 s is not
 * recorded: a pair is on standby for seconds in each migration. Safe for use from any thread.
 */
final class FindingRecorder implements AutoCloseable {
    static final Duration LASTING = Duration.ofSeconds(10);

    private final Scheduler scheduler;
    private final BiConsumer<String, PastFinding> store;
    /** By object, and by the code and subject of the finding. */
    private final Map<String, Map<String, Open>> open = new HashMap<>();
    /** Those that were not recorded yet. */
    private final Set<Open> young = new HashSet<>();

    private Subscription timer = () -> {};
    private boolean waiting;
    /** The number of the last inventory. */
    private long follower;

    /** A finding that lasts; identified by its object. */
    private static final class Open {
        private final String id = UUID.randomUUID().toString();
        private PastFinding finding;
        private boolean stored;

        Open(PastFinding finding) {
            this.finding = finding;
        }
    }

    /** @param store receives the id and the finding, when it has lasted, changed or ended */
    FindingRecorder(Scheduler scheduler, BiConsumer<String, PastFinding> store) {
        this.scheduler = scheduler;
        this.store = store;
    }

    /** Follows an inventory, instead of a former one; when the result is closed, its findings end. */
    synchronized Subscription follow(Inventory inventory) {
        endAll();
        long mine = ++follower;
        AtomicLong revision = new AtomicLong();
        // Changes wait for this monitor until the snapshot is complete.
        Subscription changes = inventory.listen(change -> {
            synchronized (this) {
                if (mine == follower && change.revision() > revision.get()) {
                    CurrentFindings.of(change).ifPresent(this::replace);
                }
            }
        });
        InventorySnapshot snapshot = inventory.snapshot();
        revision.set(snapshot.revision());
        snapshot.hosts().forEach(host -> replace(CurrentFindings.of(host.value())));
        snapshot.vms().forEach(vm -> replace(CurrentFindings.of(vm.value())));
        return () -> {
            changes.close();
            end(mine);
        };
    }

    private synchronized void end(long ended) {
        if (ended == follower) {
            endAll();
        }
    }

    private void replace(CurrentFindings now) {
        Instant time = scheduler.instant();
        Map<String, Open> before = open.getOrDefault(now.object(), Map.of());
        Map<String, Open> after = new LinkedHashMap<>();
        now.findings(time)
                .forEach(finding -> after.computeIfAbsent(key(finding), key -> {
                    Open known = before.get(key);
                    return known == null ? begin(finding) : update(known, finding);
                }));
        before.forEach((key, known) -> {
            if (!after.containsKey(key)) {
                end(known, time);
            }
        });
        if (after.isEmpty()) {
            open.remove(now.object());
        } else {
            open.put(now.object(), after);
        }
    }

    private static String key(PastFinding finding) {
        return finding.code() + " " + finding.subject();
    }

    private Open begin(PastFinding finding) {
        Open begun = new Open(finding);
        young.add(begun);
        awaitLasting();
        return begun;
    }

    private void awaitLasting() {
        if (!waiting && !young.isEmpty()) {
            waiting = true;
            timer = scheduler.after(LASTING, this::storeLasting);
        }
    }

    private Open update(Open known, PastFinding now) {
        PastFinding before = known.finding;
        known.finding = new PastFinding(
                now.code(),
                now.severity(),
                now.subject(),
                now.message(),
                now.remedy(),
                now.host(),
                now.vm(),
                now.uuid(),
                before.appeared(),
                Optional.empty());
        if (known.stored && !known.finding.equals(before)) {
            store.accept(known.id, known.finding);
        }
        return known;
    }

    private void end(Open known, Instant time) {
        young.remove(known);
        if (known.stored) {
            store.accept(known.id, known.finding.until(Optional.of(time)));
        }
    }

    private synchronized void storeLasting() {
        waiting = false;
        Instant old = scheduler.instant().minus(LASTING);
        List<Open> lasting =
                young.stream().filter(o -> !o.finding.appeared().isAfter(old)).toList();
        lasting.forEach(young::remove);
        for (Open one : lasting) {
            one.stored = true;
            store.accept(one.id, one.finding);
        }
        awaitLasting();
    }

    private void endAll() {
        Instant time = scheduler.instant();
        open.values().forEach(all -> all.values().forEach(known -> end(known, time)));
        open.clear();
    }

    /** Leaves the findings that last open, as the server ends, not they. */
    @Override
    public synchronized void close() {
        follower++;
        timer.close();
        open.clear();
        young.clear();
    }
}
