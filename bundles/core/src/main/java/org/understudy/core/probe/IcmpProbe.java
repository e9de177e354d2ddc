// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.probe;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.understudy.api.NetworkGap;
import org.understudy.api.ProbeTarget;
import org.understudy.concurrent.Scheduler;

/**
 * Probes the guest with {@code ping} and reads its output on one thread. The program ends with the probe.
 *
 * <p>Source: iputils ping(8), options -n -D -O -i.
 */
final class IcmpProbe implements GapProbe {
    private static final Pattern SEQUENCE = Pattern.compile("icmp_seq=(\\d+)");
    private static final String MISSING =
            "program ping could not be started: install iputils-ping, or use a heartbeat probe";

    private final ProbeTarget.Icmp target;
    private final GapMeter meter;
    private final WrappedSequence sequence = new WrappedSequence();
    private final Optional<Process> ping;
    private String lastOutput = "";
    private Optional<NetworkGap> last = Optional.empty();

    IcmpProbe(ProbeTarget.Icmp target, Programs programs, Scheduler scheduler, Executor threads) {
        this.target = target;
        this.meter = new GapMeter("icmp", scheduler);
        this.ping = start(programs);
        ping.ifPresent(process -> readOn(threads, process));
    }

    private void readOn(Executor threads, Process process) {
        try {
            threads.execute(() -> read(process));
        } catch (RejectedExecutionException e) {
            lastOutput = "no thread is available to read the output";
            close();
        }
    }

    private Optional<Process> start(Programs programs) {
        String interval = Programs.seconds(target.interval().toMillis());
        try {
            return Optional.of(
                    programs.start(List.of("ping", "-n", "-D", "-O", "-i", interval, "--", target.address())));
        } catch (IOException e) {
            last = Optional.of(new NetworkGap.NotMeasured(MISSING + " (" + e.getMessage() + ")"));
            return Optional.empty();
        }
    }

    private void read(Process process) {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                count(line);
            }
        } catch (IOException e) {
            lastOutput = e.getMessage();
        }
        close();
    }

    private synchronized void count(String line) {
        Matcher number = SEQUENCE.matcher(line);
        if (!number.find()) {
            lastOutput = line.isBlank() || line.startsWith("PING ") ? lastOutput : line.strip();
            return;
        }
        long unwrapped = sequence.unwrap(Integer.parseInt(number.group(1)));
        if (line.contains(" bytes from ")) {
            meter.arrived(unwrapped, "unknown");
        } else {
            lastOutput = line.strip();
            meter.sent(unwrapped);
        }
    }

    @Override
    public synchronized NetworkGap report() {
        return last.orElseGet(() -> meter.report(target.interval())
                .orElseGet(() -> new NetworkGap.NotMeasured("no answer to ping from " + target.address()
                        + (lastOutput.isEmpty() ? "" : ": " + lastOutput))));
    }

    @Override
    public Optional<Traffic> traffic() {
        return meter.traffic(target.interval());
    }

    /** ICMP answers do not show a path. */
    @Override
    public Optional<Long> firstOn(String path, long after) {
        return Optional.empty();
    }

    @Override
    public void close() {
        synchronized (this) {
            last = Optional.of(report());
        }
        ping.ifPresent(Process::destroy);
    }
}
