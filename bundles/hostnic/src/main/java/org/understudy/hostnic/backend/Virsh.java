// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.understudy.api.ErrorCode;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.hostnic.run.Runner;
import org.understudy.hostnic.run.Runner.Output;

/**
 * Reads the devices of a host with virsh, where {@code understudy-vf} is not installed.
 *
 * @param runner runs {@link #PROGRAM}
 */
public record Virsh(Runner runner) implements DeviceSource {
    /** Runs on the host itself, so that its libvirt need not listen on the network. */
    public static final List<String> PROGRAM = List.of("virsh", "--quiet", "--connect", "qemu:///system");

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Linux limits a command-line argument to 128 KiB. */
    private static final int MAX_BATCH = 1000;

    @Override
    public String access() {
        return runner.place() + ", virsh";
    }

    @Override
    public String subject() {
        return runner.place();
    }

    @Override
    public String limit() {
        return "understudy-vf is not installed on " + runner.place();
    }

    @Override
    public String remedy() {
        return "Install understudy-vf on the host (docs/without-root.md); the next connection uses it.";
    }

    @Override
    public String documents() {
        List<String> names = run("nodedev-list", "--cap", "net,pci")
                .lines()
                .map(String::strip)
                // The names become part of a virsh command line.
                .filter(name -> name.matches("[A-Za-z0-9_]+"))
                .toList();
        StringBuilder documents = new StringBuilder();
        for (int from = 0; from < names.size(); from += MAX_BATCH) {
            documents.append(dump(names.subList(from, Math.min(names.size(), from + MAX_BATCH))));
        }
        return documents.toString();
    }

    /** A device that is gone meanwhile fails alone; the others are printed. */
    private String dump(List<String> names) {
        String commands = String.join(
                "; ", names.stream().map(name -> "nodedev-dumpxml " + name).toList());
        return runner.run(List.of(commands), LIMIT).out();
    }

    private String run(String... arguments) {
        Output output = runner.run(List.of(arguments), LIMIT);
        if (output.status() == 0) {
            return output.out();
        }
        String error = output.err().lines().findFirst().orElse("status " + output.status());
        throw new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE,
                ExitStatus.isMissing(output.status())
                        ? "Neither understudy-vf nor virsh was found (" + runner.place() + ")"
                        : "understudy-vf was not found, and virsh " + arguments[0] + " failed (" + runner.place()
                                + "): " + error);
    }

    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        return runner.follow(List.of("nodedev-event", "--event", "lifecycle", "--loop"), line -> changed.run(), ended);
    }

    @Override
    public void close() {
        runner.close();
    }
}
