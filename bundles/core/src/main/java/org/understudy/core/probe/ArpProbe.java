// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.understudy.api.NetworkGap;
import org.understudy.api.ProbeTarget;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Delivery;
import org.understudy.concurrent.Scheduler;

/**
 * Probes the guest with {@code arping}. The program cannot send more often than once a second, so each request is a process
 * of its own. It ends before the next request, whose answer it would otherwise count: an answer that takes longer than
 * the interval is lost.
 *
 * <p>Source: iputils arping(8), options -f -c -w -I; it exits with 0 after an answer, with 1 without one.
 */
final class ArpProbe implements GapProbe {
    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(50);
    private static final String MISSING =
            "program arping could not be started: install iputils-arping, or use another probe";

    private final ProbeTarget.Arp target;
    private final Programs programs;
    private final Duration interval;
    private final GapMeter meter;
    /** Coalesced: a start of the program that takes long delays the next one. */
    private final Delivery<String, Runnable> sends;

    private Subscription timer = () -> {};
    private long requests;
    private Optional<Process> process = Optional.empty();
    private String lastOutput = "";
    private Optional<NetworkGap> last = Optional.empty();

    ArpProbe(ProbeTarget.Arp target, Programs programs, Scheduler scheduler, Executor threads) {
        this.target = target;
        this.programs = programs;
        this.meter = new GapMeter("arp", scheduler);
        this.interval = target.interval().compareTo(SHORTEST_INTERVAL) < 0 ? SHORTEST_INTERVAL : target.interval();
        this.sends = new Delivery<>("ARP probe", threads, (older, newer) -> newer, Runnable::run);
        start(scheduler);
    }

    private synchronized void start(Scheduler scheduler) {
        timer = scheduler.every(interval, () -> sends.put("request", this::sendRequest));
        if (last.isPresent()) {
            timer.close();
        }
    }

    private synchronized void sendRequest() {
        if (last.isPresent()) {
            return;
        }
        process.ifPresent(Process::destroy);
        long number = ++requests;
        try {
            Process started = programs.start(
                    List.of("arping", "-f", "-c", "1", "-w", "1", "-I", target.networkInterface(), target.address()));
            process = Optional.of(started);
            started.onExit().thenAccept(ended -> count(number, ended));
        } catch (IOException e) {
            lastOutput = MISSING + " (" + e.getMessage() + ")";
            close();
        }
    }

    private synchronized void count(long number, Process ended) {
        if (last.isPresent()) {
            return;
        } else if (ended.exitValue() == 0) {
            meter.arrived(number, "unknown");
        } else {
            meter.sent(number);
            lastOutput = lastLine(ended);
        }
    }

    private static String lastLine(Process ended) {
        try (BufferedReader lines = ended.inputReader()) {
            return lines.lines().filter(l -> !l.isBlank()).reduce((a, b) -> b).orElse("");
        } catch (IOException e) {
            return e.getMessage();
        }
    }

    @Override
    public synchronized NetworkGap report() {
        return last.orElseGet(() -> meter.report(interval)
                .orElseGet(() -> new NetworkGap.NotMeasured("no answer to ARP from %s on %s%s"
                        .formatted(
                                target.address(),
                                target.networkInterface(),
                                lastOutput.isEmpty() ? "" : ": " + lastOutput))));
    }

    @Override
    public Optional<Traffic> traffic() {
        return meter.traffic(interval);
    }

    /** ARP answers do not show a path. */
    @Override
    public Optional<Long> firstOn(String path, long after) {
        return Optional.empty();
    }

    @Override
    public synchronized void close() {
        last = Optional.of(report());
        timer.close();
        sends.close();
        process.ifPresent(Process::destroy);
    }
}
