// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;

/**
 * Asks a VM's QEMU through libvirt. Only questions: libvirt would not know of a change. libvirt waits for QEMU for ever, so
 * each question has a thread of its own, which whoever asks leaves behind when QEMU hangs.
 */
public final class Monitor {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Domains domains;
    private final Duration limit;
    /** By VM, so that a QEMU that hangs has one question open, whoever asks. */
    private final Map<VmName, CompletableFuture<String>> overdue = new ConcurrentHashMap<>();
    /** libvirt has said that its driver knows no QEMU; that will not change. */
    private volatile boolean withoutQemu;

    /** @param limit how long QEMU may take for an answer */
    public Monitor(Domains domains, Duration limit) {
        this.domains = domains;
        this.limit = limit;
    }

    /**
     * The answer's {@code return}.
     *
     * @throws UnderstudyException {@link ErrorCode#QMP_ERROR} if QEMU refuses: libvirt calls that a success; {@link
     *     ErrorCode#DEADLINE_EXCEEDED} if QEMU does not answer, or has not answered an earlier question yet; {@link
     *     ErrorCode#NOT_SUPPORTED} if libvirt's driver knows no QEMU
     */
    public JsonNode ask(VmName vm, String command, Map<String, String> arguments) {
        String question = JSON.valueToTree(
                        arguments.isEmpty()
                                ? Map.of("execute", command)
                                : Map.of("execute", command, "arguments", arguments))
                .toString();
        JsonNode answer = read(answer(vm, question));
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

    private String answer(VmName vm, String question) {
        if (overdue.containsKey(vm)) {
            throw hangs(vm);
        }
        if (withoutQemu) {
            throw new UnderstudyException(
                    ErrorCode.NOT_SUPPORTED, "VM %s: libvirt's driver knows no QEMU to ask".formatted(vm));
        }
        CompletableFuture<String> answer = new CompletableFuture<>();
        Thread asking = new Thread(
                () -> {
                    try {
                        answer.complete(domains.ask("ask QEMU of", vm, d -> d.qemuMonitorCommand(question, 0)));
                    } catch (RuntimeException | Error e) {
                        answer.completeExceptionally(e);
                    }
                },
                "libvirt-monitor " + vm);
        asking.setDaemon(true);
        asking.start();
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            overdue.put(vm, answer);
            answer.whenComplete((late, failed) -> overdue.remove(vm, answer));
            throw hangs(vm);
        } catch (ExecutionException e) {
            throw failure(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "the question to VM " + vm + " was given up", e);
        }
    }

    private UnderstudyException failure(ExecutionException e) {
        if (!(e.getCause() instanceof UnderstudyException known)) {
            return new UnderstudyException(ErrorCode.INTERNAL, "QEMU could not be asked: " + e.getCause(), e);
        }
        if (known.getCause() instanceof LibvirtException said
                && said.getError().getCode() == ErrorNumber.VIR_ERR_NO_SUPPORT) {
            withoutQemu = true;
        }
        return known;
    }

    private UnderstudyException hangs(VmName vm) {
        return new UnderstudyException(
                ErrorCode.DEADLINE_EXCEEDED,
                "QEMU of VM %s does not answer within %d ms".formatted(vm, limit.toMillis()));
    }

    private static JsonNode read(String answer) {
        try {
            return JSON.readTree(answer);
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(ErrorCode.QMP_PROTOCOL, "QEMU's answer is no JSON: " + e.getMessage(), e);
        }
    }
}
