// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.VfSettings;
import org.understudy.hostnic.run.Runner;
import org.understudy.hostnic.run.Runner.Output;

/**
 * The functions of a host as {@code understudy-vf} reads and changes them.
 *
 * @param self the owner whose leases are ours
 * @param user who runs QEMU and has to open VFs; empty: nobody in particular
 */
public record CommandBackend(Runner runner, String self, String user) implements SriovBackend {
    /** A driver that is being bound may take its time. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Whether a host has no such program. */
    public static boolean isMissing(Runner runner) {
        return ExitStatus.isMissing(runner.run(List.of("--version"), LIMIT).status());
    }

    @Override
    public String access() {
        return runner.place();
    }

    @Override
    public Inventory read() {
        Output output = runner.run(List.of("list", "--json"), LIMIT);
        require(output, "list");
        return new InventoryJson(self).read(output.out());
    }

    @Override
    public Optional<LeaseToken> lease(PciAddress vf, LeaseOwner leaseOwner) {
        Output output =
                runner.run(List.of("lease", vf.toString(), "--owner", LeaseText.of(leaseOwner), "--json"), LIMIT);
        if (ExitStatus.of(output.status()).meansTaken()) {
            return Optional.empty();
        }
        JsonNode lease = require(output, "lease " + vf);
        return Optional.of(new LeaseToken(vf, leaseOwner, InventoryJson.fencing(lease)));
    }

    @Override
    public void prepare(LeaseToken leaseToken, VfSettings settings) {
        change("configure", leaseToken, options(settings));
        if (settings.vfio()) {
            change("bind", leaseToken, user.isEmpty() ? List.of() : List.of("--user", user));
        }
    }

    private static List<String> options(VfSettings settings) {
        List<String> options =
                new ArrayList<>(List.of("--mac", settings.mac().value(), "--vlan", Integer.toString(settings.vlan())));
        settings.trust().ifPresent(on -> options.addAll(List.of("--trust", on ? "on" : "off")));
        settings.spoofCheck().ifPresent(on -> options.addAll(List.of("--spoofchk", on ? "on" : "off")));
        return options;
    }

    @Override
    public void forward(LeaseToken leaseToken, boolean on) {
        change("forwarding", leaseToken, List.of(on ? "on" : "off"));
    }

    @Override
    public void release(LeaseToken leaseToken) {
        Output output = call("release", leaseToken, List.of());
        if (ExitStatus.of(output.status()) != ExitStatus.NOT_FOUND) {
            require(output, "release " + leaseToken.vf());
        }
    }

    private void change(String verb, LeaseToken leaseToken, List<String> options) {
        require(call(verb, leaseToken, options), verb + " " + leaseToken.vf());
    }

    private Output call(String verb, LeaseToken leaseToken, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of(verb, leaseToken.vf().toString()));
        arguments.addAll(List.of("--owner", LeaseText.of(leaseToken.leaseOwner())));
        arguments.addAll(List.of("--fencing", Long.toString(leaseToken.fencing())));
        arguments.addAll(options);
        arguments.add("--json");
        return runner.run(arguments, LIMIT);
    }

    private JsonNode require(Output output, String what) {
        ExitStatus status = ExitStatus.of(output.status());
        if (status == ExitStatus.DONE) {
            return InventoryJson.parse(output.out());
        }
        throw new UnderstudyException(
                status.code(), "understudy-vf " + what + " (" + runner.place() + "): " + reason(output));
    }

    private static String reason(Output output) {
        try {
            JsonNode message = InventoryJson.parse(output.out()).path("error").path("message");
            if (message.isTextual()) {
                return message.asText();
            }
        } catch (UnderstudyException e) {
            // It was told in words.
        }
        String words = output.err().strip();
        return words.isEmpty()
                ? "status " + output.status()
                : words.lines().findFirst().orElseThrow();
    }

    @Override
    public Subscription watch(Runnable changed, Consumer<String> ended) {
        return runner.follow(List.of("watch", "--json"), line -> changed.run(), ended);
    }

    @Override
    public void close() {
        runner.close();
    }
}
