// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

/** Asks a VM's QEMU through libvirt. Only questions: libvirt would not know of a change. */
public final class Monitor {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Domains domains;

    public Monitor(Domains domains) {
        this.domains = domains;
    }

    /**
     * The answer's {@code return}.
     *
     * @throws UnderstudyException {@link ErrorCode#QMP_ERROR} if QEMU refuses: libvirt calls that a success
     */
    public JsonNode ask(VmName vm, String command, Map<String, String> arguments) {
        String question = JSON.valueToTree(
                        arguments.isEmpty()
                                ? Map.of("execute", command)
                                : Map.of("execute", command, "arguments", arguments))
                .toString();
        JsonNode answer = read(domains.ask("ask QEMU of", vm, d -> d.qemuMonitorCommand(question, 0)));
        JsonNode error = answer.path("error");
        if (!error.isMissingNode()) {
            throw new UnderstudyException(
                    ErrorCode.QMP_ERROR,
                    "VM %s: QEMU refuses %s: %s: %s"
                            .formatted(
                                    vm,
                                    command,
                                    error.path("class").asText(),
                                    error.path("desc").asText()));
        }
        return answer.path("return");
    }

    private static JsonNode read(String answer) {
        try {
            return JSON.readTree(answer);
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(ErrorCode.QMP_PROTOCOL, "QEMU's answer is no JSON: " + e.getMessage(), e);
        }
    }
}
