// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.MacAddress;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.spi.GuestNetwork;
import org.understudy.api.spi.GuestNetwork.Device;
import org.understudy.api.spi.GuestNic;
import org.understudy.concurrent.Deadline;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.json.ForeignJson;

/** Queries the guest agent, which may be slow, absent, or wrong. Source: QEMU {@code qga/qapi-schema.json}. */
public final class GuestAgent {
    private static final Logger LOG = LoggerFactory.getLogger(GuestAgent.class);
    private static final JsonMapper JSON = ForeignJson.MAPPER;
    private static final int TIMEOUT_SECONDS = 2;
    private static final Duration PROGRAM_LIMIT = Duration.ofSeconds(10);
    private static final Duration PAUSE = Duration.ofMillis(50);
    private static final String SCRIPT = script();

    private final Domains domains;
    private final LibvirtDefinitions definitions;
    private final Scheduler scheduler = SystemScheduler.process();

    public GuestAgent(Domains domains, LibvirtDefinitions definitions) {
        this.domains = domains;
        this.definitions = definitions;
    }

    private static String script() {
        try (InputStream file = Objects.requireNonNull(GuestAgent.class.getResourceAsStream("guest-network.sh"))) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Empty if the VM has no connected agent, or the agent does not answer. */
    public Optional<List<GuestNic>> nics(VmName vm) {
        return devices(vm)
                .map(devices -> devices.stream()
                        .map(device -> new GuestNic(device.name(), device.mac()))
                        .toList());
    }

    /** The same with what a program in the guest reads, if the agent may run programs. */
    public Optional<GuestNetwork> network(VmName vm) {
        return devices(vm)
                .map(devices -> output(vm)
                        .map(text -> GuestNetworkText.read(devices, text))
                        .orElseGet(() -> new GuestNetwork(devices, false, List.of(), Map.of())));
    }

    private Optional<List<Device>> devices(VmName vm) {
        return isConnected(vm)
                ? answer(vm, "{\"execute\":\"guest-network-get-interfaces\"}").map(GuestAgent::devices)
                : Optional.empty();
    }

    /** The output of the program in the guest; empty if it could not be run or did not end in time. */
    private Optional<String> output(VmName vm) {
        ObjectNode run = JSON.createObjectNode().put("execute", "guest-exec");
        ObjectNode arguments = run.putObject("arguments");
        arguments.put("path", "/bin/sh").put("capture-output", true);
        arguments.putArray("arg").add("-c").add(SCRIPT);
        Optional<Long> pid =
                answer(vm, run.toString()).map(answer -> answer.path("pid").asLong());
        Deadline deadline = Deadline.in(scheduler, PROGRAM_LIMIT);
        while (pid.isPresent()) {
            String status = "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":%d}}".formatted(pid.get());
            Optional<JsonNode> answer = answer(vm, status);
            if (answer.isEmpty() || answer.get().path("exited").asBoolean() || !pause(deadline)) {
                return answer.map(ended -> ended.path("out-data").asText()).flatMap(GuestAgent::decoded);
            }
        }
        return Optional.empty();
    }

    /** Whether the deadline has not passed. */
    private synchronized boolean pause(Deadline deadline) {
        try {
            scheduler.await(this, PAUSE.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return !deadline.isOver();
    }

    private static Optional<String> decoded(String base64) {
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            return bytes.length == 0 ? Optional.empty() : Optional.of(new String(bytes, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** What the agent returns; empty if it does not answer, or refuses. */
    private Optional<JsonNode> answer(VmName vm, String command) {
        try {
            return Optional.of(parse(domains.call(
                    "query the guest agent of", vm, d -> d.qemuAgentCommand(command, TIMEOUT_SECONDS, 0))));
        } catch (UnderstudyException e) {
            if (e.code() == ErrorCode.HOST_UNAVAILABLE || e.code() == ErrorCode.VM_NOT_FOUND) {
                throw e;
            }
            LOG.debug("VM {}: guest agent did not answer: {}", vm, e.getMessage());
            return Optional.empty();
        }
    }

    private boolean isConnected(VmName vm) {
        return definitions
                .actual(vm)
                .filter(xml -> LibvirtXml.parse(xml)
                        .values("/domain/devices/channel/target[@name='org.qemu.guest_agent.0']/@state")
                        .contains("connected"))
                .isPresent();
    }

    private static JsonNode parse(String answer) {
        try {
            return JSON.readTree(answer).path("return");
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(
                    ErrorCode.QMP_PROTOCOL, "Guest agent's answer is not JSON: " + e.getMessage(), e);
        }
    }

    private static List<Device> devices(JsonNode interfaces) {
        List<Device> devices = new ArrayList<>();
        for (JsonNode nic : interfaces) {
            List<String> addresses = new ArrayList<>();
            nic.path("ip-addresses")
                    .forEach(ip -> addresses.add(ip.path("ip-address").asText()));
            devices.add(new Device(
                    nic.path("name").asText(),
                    mac(nic.path("hardware-address").asText()),
                    List.copyOf(addresses),
                    OptionalInt.empty(),
                    Optional.empty(),
                    Optional.empty()));
        }
        return devices;
    }

    private static Optional<MacAddress> mac(String text) {
        try {
            return Optional.of(new MacAddress(text));
        } catch (UnderstudyException e) {
            return Optional.empty();
        }
    }
}
