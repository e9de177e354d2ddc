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
 * The devices of a host that has virsh, but no {@code understudy-vf}.
 *
 * @param runner runs {@link #PROGRAM}
 */
public record Virsh(Runner runner) implements DeviceSource {
    /** On the host itself, so that its libvirt needs no door to the network. */
    public static final List<String> PROGRAM = List.of("virsh", "--quiet", "--connect", "qemu:///system");

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** A word of a command line has at most 128 KiB on Linux. */
    private static final int MOST_AT_ONCE = 1000;

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
        return "there is no understudy-vf";
    }

    @Override
    public String remedy() {
        return "Install understudy-vf on the host (docs/without-root.md); it is used from the next connection on.";
    }

    @Override
    public String documents() {
        List<String> names = run("nodedev-list", "--cap", "net,pci")
                .lines()
                .map(String::strip)
                // They become a part of virsh's own command language.
                .filter(name -> name.matches("[A-Za-z0-9_]+"))
                .toList();
        StringBuilder documents = new StringBuilder();
        for (int from = 0; from < names.size(); from += MOST_AT_ONCE) {
            documents.append(dump(names.subList(from, Math.min(names.size(), from + MOST_AT_ONCE))));
        }
        return documents.toString();
    }

    /** A device that is gone by now fails alone; what the others are is printed all the same. */
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
        String said = output.err().lines().findFirst().orElse("status " + output.status());
        throw new UnderstudyException(
                ErrorCode.HOST_UNAVAILABLE,
                ExitStatus.isMissing(output.status())
                        ? "There is neither understudy-vf nor virsh (" + runner.place() + ")"
                        : "There is no understudy-vf, and virsh " + arguments[0] + " failed (" + runner.place() + "): "
                                + said);
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
