// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.HostName;
import org.understudy.api.PairHealth;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.HostExecutor;
import org.understudy.concurrent.Scheduler;

/** Polls pairs whose health can change without an event. Called only by tasks of the pair's host. */
final class PairPoller {
    private static final Logger LOG = LoggerFactory.getLogger(PairPoller.class);

    private final TrackedPairs pairs;
    private final PollSchedule schedule;
    private final HostExecutor executor;
    private final Scheduler scheduler;
    private final BiConsumer<PairKey, PairEvent> seen;

    /** @param seen receives what a poll has found */
    PairPoller(
            TrackedPairs pairs,
            PollSchedule schedule,
            HostExecutor executor,
            Scheduler scheduler,
            BiConsumer<PairKey, PairEvent> seen) {
        this.pairs = pairs;
        this.schedule = schedule;
        this.executor = executor;
        this.scheduler = scheduler;
        this.seen = seen;
    }

    /** Starts polling in a health that can change without an event. */
    void start(PairKey key, TrackedPair pair) {
        if (pair.changesWithoutEvent() && pair.startPolling(scheduler.runningNanos())) {
            schedule(key, pair, schedule.first());
        }
    }

    private void schedule(PairKey key, TrackedPair pair, Duration interval) {
        executor.schedule(key.vm().host(), interval, key, new HealthTask(() -> pollAgain(key, pair, interval)));
    }

    private void pollAgain(PairKey key, TrackedPair pair, Duration interval) {
        boolean inTime = !pair.isPolledFor(schedule.limit(), scheduler.runningNanos());
        pair.stopPolling();
        boolean isCurrent = pairs.find(key).filter(now -> now == pair).isPresent();
        if (isCurrent && inTime && (pair.changesWithoutEvent() || pair.lacksCause())) {
            pair.continuePolling();
            Duration next = interval.multipliedBy(2);
            schedule(key, pair, next.compareTo(schedule.slowest()) < 0 ? next : schedule.slowest());
            poll(key);
        }
    }

    /** Allows new polls of a host whose scheduled tasks may have been dropped. */
    void reset(HostName host) {
        pairs.of(host).forEach(key -> pairs.find(key).ifPresent(TrackedPair::stopPolling));
    }

    /**
     * Polls now for changes that cause no event. The loss of a primary in use causes one, unless it is missed, so it is polled
     * only where that leaves no mark.
     */
    void poll(VmKey vm) {
        pairs.of(vm).forEach(this::poll);
    }

    private void poll(PairKey key) {
        Optional<TrackedPair> pollable = pairs.find(key)
                .filter(now -> now.changesWithoutEvent()
                        || now.health() == PairHealth.ACTIVE && !now.host().marksQueriedVms()
                        || now.health() == PairHealth.FAULT);
        pollable.ifPresent(pair -> {
            switch (pair.host().primaryPresence(key.vm().vm(), key.primary())) {
                case ENABLED -> seen.accept(key, new PairEvent.SeenEnabled());
                case PLUGGED -> seen.accept(key, new PairEvent.SeenPlugged());
                case HIDDEN -> seen.accept(key, new PairEvent.SeenHidden());
                case ABSENT -> onMissing(key, pair);
                case UNKNOWN -> LOG.debug("Pair {}: QEMU did not answer", key);
            }
        });
    }

    private void onMissing(PairKey key, TrackedPair pair) {
        if (pair.health() == PairHealth.FAULT) {
            if (pair.lacksCause()) {
                causes(key, pair).ifPresent(cause -> pairs.explain(key, pair, missing(key) + cause));
            }
        } else if (pair.isPolledFor(schedule.missingAfter(), scheduler.runningNanos())) {
            PairHealth next = PairHealthStateMachine.next(pair.health(), new PairEvent.SeenMissing());
            Optional<String> cause = causes(key, pair);
            pairs.setHealth(key, pair, next, missing(key) + cause.orElse(""));
            cause.filter(known -> !known.isEmpty()).ifPresent(known -> pair.explain(missing(key) + known));
            if (cause.isEmpty()) {
                readCauseLater(key, pair);
            }
        }
    }

    /** The host may be away for a moment only. */
    private void readCauseLater(PairKey key, TrackedPair pair) {
        pair.awaitCause();
        if (pair.startPolling(scheduler.runningNanos())) {
            schedule(key, pair, schedule.first());
        }
    }

    private static String missing(PairKey key) {
        return "QEMU does not have " + key.primary() + ", although it should be plugged.";
    }

    /** Empty if the host did not answer. */
    private static Optional<String> causes(PairKey key, TrackedPair pair) {
        try {
            return Optional.of(pair.host().whyWithout(key.vm().vm(), key.primary()).stream()
                    .map(cause -> " " + sentence(cause.message()) + " " + cause.remedy())
                    .collect(Collectors.joining()));
        } catch (UnderstudyException e) {
            LOG.debug("Pair {}: cause of the missing primary is unknown: {}", key, e.getMessage());
            return Optional.empty();
        }
    }

    private static String sentence(String message) {
        return message.endsWith(".") ? message : message + ".";
    }
}
