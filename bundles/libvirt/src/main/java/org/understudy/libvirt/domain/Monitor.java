// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.domain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.json.ForeignJson;

/**
 * Queries a VM's QEMU through libvirt; read-only commands, because libvirt would not notice changes. libvirt waits for QEMU
 * without limit, so each query has a thread of a pool, which is abandoned if QEMU hangs.
 */
public final class Monitor {
    private static final JsonMapper JSON = ForeignJson.MAPPER;

    private final Domains domains;
    private final Executor threads;
    private final Duration timeout;
    /** By VM: at most one query is open to a QEMU that hangs. */
    private final Map<VmName, CompletableFuture<String>> overdue = new ConcurrentHashMap<>();

    private final boolean qemu;

    /**
     * @param timeout limit for QEMU's answer
     * @param qemu whether libvirt's driver has a QEMU
     */
    public Monitor(Domains domains, Executor threads, Duration timeout, boolean qemu) {
        this.domains = domains;
        this.threads = threads;
        this.timeout = timeout;
        this.qemu = qemu;
    }

    /** False if libvirt's driver has no QEMU, so that a query fails. */
    boolean exists() {
        return qemu;
    }

    /**
     * Returns the {@code return} member of the answer.
     *
     * @throws UnderstudyException {@link ErrorCode#QMP_ERROR} if QEMU rejects the command, which libvirt reports as a
     *     success; {@link ErrorCode#DEADLINE_EXCEEDED} if QEMU does not answer, or an earlier query is still open; {@link
     *     ErrorCode#NOT_SUPPORTED} if libvirt's driver has no QEMU
     */
    public JsonNode query(VmName vm, String command, Map<String, String> arguments) {
        String query = JSON.valueToTree(
                        arguments.isEmpty()
                                ? Map.of("execute", command)
                                : Map.of("execute", command, "arguments", arguments))
                .toString();
        JsonNode answer = read(execute(vm, query));
        JsonNode error = answer.path("error");
        if (!error.isMissingNode()) {
            throw new UnderstudyException(
                    ErrorCode.QMP_ERROR,
                    "VM %s: QEMU rejected %s: %s: %s"
                            .formatted(
                                    vm,
                                    command,
                                    error.path("class").asText(),
                                    error.path("desc").asText()));
        }
        return answer.path("return");
    }

    private String execute(VmName vm, String query) {
        if (overdue.containsKey(vm)) {
            throw timedOut(vm);
        }
        if (!qemu) {
            throw new UnderstudyException(
                    ErrorCode.NOT_SUPPORTED, "VM %s: libvirt driver has no QEMU monitor".formatted(vm));
        }
        CompletableFuture<String> answer = CompletableFuture.supplyAsync(
                () -> domains.call("query the monitor of", vm, d -> d.qemuMonitorCommand(query, 0)), threads);
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            overdue.put(vm, answer);
            answer.whenComplete((late, failed) -> overdue.remove(vm, answer));
            throw timedOut(vm);
        } catch (ExecutionException e) {
            throw failure(vm, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "VM " + vm + ": monitor query was interrupted", e);
        }
    }

    private static UnderstudyException failure(VmName vm, ExecutionException e) {
        return e.getCause() instanceof UnderstudyException cause
                ? cause
                : new UnderstudyException(
                        ErrorCode.INTERNAL, "VM " + vm + ": monitor query failed: " + e.getCause(), e);
    }

    private UnderstudyException timedOut(VmName vm) {
        return new UnderstudyException(
                ErrorCode.DEADLINE_EXCEEDED,
                "VM %s: QEMU did not answer within %d ms".formatted(vm, timeout.toMillis()));
    }

    private static JsonNode read(String answer) {
        try {
            return JSON.readTree(answer);
        } catch (JsonProcessingException e) {
            throw new UnderstudyException(ErrorCode.QMP_PROTOCOL, "QEMU's answer is not JSON: " + e.getMessage(), e);
        }
    }
}
