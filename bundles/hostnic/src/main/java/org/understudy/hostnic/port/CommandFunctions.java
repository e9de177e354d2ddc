// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.port;

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
public record CommandFunctions(Runner runner, String self, String user) implements Functions {
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
    public Reading read() {
        Output output = runner.run(List.of("list", "--json"), LIMIT);
        require(output, "list");
        return new InventoryJson(self).read(output.out());
    }

    @Override
    public Optional<Ticket> lease(PciAddress vf, Claim claim) {
        Output output = runner.run(List.of("lease", vf.toString(), "--owner", LeaseText.of(claim), "--json"), LIMIT);
        if (ExitStatus.of(output.status()).meansTaken()) {
            return Optional.empty();
        }
        JsonNode lease = require(output, "lease " + vf);
        return Optional.of(new Ticket(vf, claim, InventoryJson.fencing(lease)));
    }

    @Override
    public void prepare(Ticket ticket, VfSettings settings) {
        change("configure", ticket, options(settings));
        if (settings.vfio()) {
            change("bind", ticket, user.isEmpty() ? List.of() : List.of("--user", user));
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
    public void detour(Ticket ticket, boolean on) {
        change("forwarding", ticket, List.of(on ? "on" : "off"));
    }

    @Override
    public void release(Ticket ticket) {
        Output output = call("release", ticket, List.of());
        if (ExitStatus.of(output.status()) != ExitStatus.NOT_FOUND) {
            require(output, "release " + ticket.vf());
        }
    }

    private void change(String verb, Ticket ticket, List<String> options) {
        require(call(verb, ticket, options), verb + " " + ticket.vf());
    }

    private Output call(String verb, Ticket ticket, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of(verb, ticket.vf().toString()));
        arguments.addAll(List.of("--owner", LeaseText.of(ticket.claim())));
        arguments.addAll(List.of("--fencing", Long.toString(ticket.fencing())));
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
