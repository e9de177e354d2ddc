// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.migration.context;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.MigrationStep;
import org.understudy.api.Severity;
import org.understudy.api.spi.HostEvent;
import org.understudy.api.spi.MigrationProgress;
import org.understudy.core.migration.context.CopyProgress.Current;
import org.understudy.core.migration.context.CopyProgress.Figures;

/** Reports a copy of memory that does not converge while it runs, and determines when it has to end. Used by one thread. */
public final class CopyWatch {
    /** Source: QEMU, DEFAULT_MIGRATE_SET_DOWNTIME. */
    public static final Duration DEFAULT_DOWNTIME_LIMIT = Duration.ofMillis(300);

    private static final double MIB = 1 << 20;

    private final MigrationRequest request;
    private final boolean limited;
    private final Duration reportAfter;
    private final MigrationStatusBuilder status;
    private final VmEvents source;
    private final CopyProgress progress;
    private Optional<Finding> reported = Optional.empty();
    private Optional<Figures> shown = Optional.empty();

    /**
     * @param source the events of the source, which announce the passes
     * @param limitsByDefault whether the source limits the bandwidth without a request, as QEMU does and libvirt does not
     */
    public CopyWatch(
            MigrationRequest request,
            MigrationServices services,
            MigrationStatusBuilder status,
            VmEvents source,
            boolean limitsByDefault) {
        this.request = request;
        this.limited = limitsByDefault || request.options().bandwidth().isPresent();
        this.reportAfter = services.timings().convergence();
        this.status = status;
        this.source = source;
        this.progress = new CopyProgress(services.scheduler()::nanos);
    }

    /** The number of the last pass; to be read before the source is queried, so that no pass gets the figures of an earlier one. */
    public int pass() {
        return source.last(HostEvent.MemoryPass.class)
                .map(HostEvent.MemoryPass::pass)
                .orElse(0);
    }

    /** Publishes, updates or removes the finding. */
    public void sample(int pass, MigrationProgress now) {
        if (now.totalBytes() == 0) {
            return;
        }
        progress.sample(pass, now.remainingBytes());
        progress.current().ifPresent(current -> status.observe(MigrationStep.COPY, facts(current)));
        Optional<Figures> figures = progress.notConverging(reportAfter);
        if (!figures.equals(shown)) {
            shown = figures;
            replace(figures.map(
                    f -> notConverging("Copy of VM " + request.vm() + " does not converge", f, whileRunning(f))));
        }
    }

    /** Of the running copy, for the console. */
    private Map<String, Object> facts(Current current) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("remainingBytes", current.left());
        current.sent().ifPresent(rate -> facts.put("bytesPerSecond", rate));
        current.written().ifPresent(rate -> facts.put("dirtyBytesPerSecond", rate));
        current.forecast(downtimeLimit()).ifPresent(span -> facts.put("remainingMs", span.toMillis()));
        return facts;
    }

    private void replace(Optional<Finding> fresh) {
        status.replace(reported, fresh);
        reported = fresh;
    }

    /** The copy has ended. */
    public void close() {
        replace(Optional.empty());
    }

    /** Why the copy has to end; empty while it makes progress. */
    public Optional<Finding> failure() {
        Duration limit = request.deadlines().copy();
        if (progress.isStalled(limit)) {
            return Optional.of(Finding.of(
                    FindingCode.STEP_DEADLINE_EXCEEDED,
                    request.subject() + ", step " + MigrationStep.COPY.number(),
                    "Copy of VM %s: nothing was sent for %d ms, %s are left"
                            .formatted(request.vm(), limit.toMillis(), mebibytes(progress.left())),
                    "Check the network between host " + request.source().name() + " and host "
                            + request.destination().name() + "."));
        }
        if (!progress.isFruitless(limit)) {
            return Optional.empty();
        }
        return progress.notConverging(Duration.ZERO)
                .map(f -> notConverging(
                                "Copy of VM %s made no progress for %d s"
                                        .formatted(
                                                request.vm(),
                                                progress.sinceProgress().toSeconds()),
                                f,
                                "Start the migration again with " + options(f) + ".")
                        .as(Severity.ERROR));
    }

    private Finding notConverging(String what, Figures f, String remedy) {
        return Finding.of(
                FindingCode.COPY_NOT_CONVERGING,
                request.subject() + ", step " + MigrationStep.COPY.number(),
                "%s: %s are left; QEMU sends %s/s and the guest writes %s/s; forecast: %s"
                        .formatted(
                                what,
                                mebibytes(f.left()),
                                mebibytes(f.sent()),
                                mebibytes(f.written()),
                                f.forecast(downtimeLimit())
                                        .map(span -> "done in " + Math.max(1, span.toSeconds()) + " s at these rates")
                                        .orElse("no end at these rates")),
                remedy);
    }

    private Duration downtimeLimit() {
        return request.options().downtimeLimit().orElse(DEFAULT_DOWNTIME_LIMIT);
    }

    private String whileRunning(Figures f) {
        return status.now().isWatched()
                ? "Raise the bandwidth or the downtime limit in the program that started the migration, or cancel it with"
                        + " \"understudy:migration-cancel " + request.id() + "\"."
                : "Cancel the migration with \"understudy:migration-cancel " + request.id()
                        + "\" and start it again with " + options(f) + ".";
    }

    private String options(Figures f) {
        List<String> options = new ArrayList<>();
        if (!request.options().autoConverge()) {
            options.add("--auto-converge");
        }
        if (limited) {
            options.add("a higher --bandwidth");
        }
        options.add("--downtime-limit " + (f.pause().toSeconds() + 1) + "s");
        return String.join(" or ", options);
    }

    private static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / MIB);
    }
}
