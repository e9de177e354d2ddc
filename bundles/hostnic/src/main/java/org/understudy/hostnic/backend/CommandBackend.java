// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.backend;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.understudy.api.PciAddress;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VfDefaults;
import org.understudy.api.spi.VfSettings;
import org.understudy.hostnic.run.Runner;
import org.understudy.hostnic.run.Runner.Output;

/**
 * Reads and changes the SR-IOV functions of a host with {@code understudy-vf}.
 *
 * @param self owner of this server's leases
 * @param user user that runs QEMU and must open VFs; empty: no particular user
 */
public record CommandBackend(Runner runner, String self, String user) implements SriovBackend {
    /** Binding a driver can be slow. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** True if the host lacks the program. */
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
    public Optional<LeaseToken> lease(PciAddress vf, LeaseOwner owner) {
        return lease(vf, owner, List.of());
    }

    @Override
    public Optional<LeaseToken> adopt(PciAddress vf, LeaseOwner owner) {
        return lease(vf, owner, List.of("--adopt"));
    }

    private Optional<LeaseToken> lease(PciAddress vf, LeaseOwner owner, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of("lease", vf.toString(), "--owner", LeaseText.of(owner)));
        arguments.addAll(options);
        arguments.add("--json");
        Output output = runner.run(arguments, LIMIT);
        if (ExitStatus.of(output.status()).isUnavailable()) {
            return Optional.empty();
        }
        JsonNode lease = require(output, "lease " + vf);
        return Optional.of(new LeaseToken(vf, owner, InventoryJson.fencing(lease)));
    }

    @Override
    public void prepare(LeaseToken token, VfSettings settings) {
        change("configure", token, options(settings));
        if (settings.vfio()) {
            change("bind", token, user.isEmpty() ? List.of() : List.of("--user", user));
        }
    }

    private static List<String> options(VfSettings settings) {
        VfDefaults others = settings.defaults();
        List<String> options = new ArrayList<>(
                List.of("--defaults", "--mac", settings.mac().value(), "--vlan", Integer.toString(settings.vlan())));
        settings.trust().ifPresent(on -> options.addAll(List.of("--trust", on ? "on" : "off")));
        settings.spoofCheck().ifPresent(on -> options.addAll(List.of("--spoofchk", on ? "on" : "off")));
        others.linkState()
                .ifPresent(state ->
                        options.addAll(List.of("--link-state", state.name().toLowerCase(Locale.ROOT))));
        others.qos().ifPresent(qos -> options.addAll(List.of("--qos", Integer.toString(qos))));
        others.minRate().ifPresent(rate -> options.addAll(List.of("--min-rate", Integer.toString(rate))));
        others.maxRate().ifPresent(rate -> options.addAll(List.of("--max-rate", Integer.toString(rate))));
        return options;
    }

    @Override
    public void forward(LeaseToken token, boolean on) {
        change("forwarding", token, List.of(on ? "on" : "off"));
    }

    @Override
    public void release(LeaseToken token) {
        Output output = call("release", token, List.of());
        if (ExitStatus.of(output.status()) != ExitStatus.NOT_FOUND) {
            require(output, "release " + token.vf());
        }
    }

    private void change(String verb, LeaseToken token, List<String> options) {
        require(call(verb, token, options), verb + " " + token.vf());
    }

    private Output call(String verb, LeaseToken token, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of(verb, token.vf().toString()));
        arguments.addAll(List.of("--owner", LeaseText.of(token.leaseOwner())));
        arguments.addAll(List.of("--fencing", Long.toString(token.fencing())));
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
                status.code(), "understudy-vf " + what + " failed (" + runner.place() + "): " + reason(output));
    }

    private static String reason(Output output) {
        try {
            JsonNode message = InventoryJson.parse(output.out()).path("error").path("message");
            if (message.isTextual()) {
                return message.asText();
            }
        } catch (UnderstudyException e) {
            // The output is plain text.
        }
        String text = output.err().strip();
        return text.isEmpty()
                ? "status " + output.status()
                : text.lines().findFirst().orElseThrow();
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
