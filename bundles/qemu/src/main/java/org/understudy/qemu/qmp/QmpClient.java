// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.qmp;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostFacts.Version;
import org.understudy.concurrent.CallTimes;

/**
 * One QMP connection to one QEMU. Safe for use from any thread; each command blocks only its caller.
 *
 * <p>Every call throws {@link UnderstudyException} with {@link ErrorCode#QMP_DISCONNECTED} once QEMU has closed the
 * socket or {@link #close} was called, and with {@link ErrorCode#QMP_PROTOCOL} once QEMU has sent invalid QMP. Source:
 * docs/interop/qmp-spec of QEMU.
 */
public final class QmpClient implements AutoCloseable {
    /**
     * The maximum length of a Unix socket path in Linux, in bytes. Source: unix(7), sun_path without its final zero.
     */
    public static final int LONGEST_SOCKET_PATH = 107;

    private static final CallTimes TIMES = CallTimes.of("qemu");

    private final String socket;
    private final QmpChannel channel;
    private final EventDispatcher dispatcher;
    private final AtomicLong lastId = new AtomicLong();
    private final Map<Long, PendingCall> pending = new ConcurrentHashMap<>();
    private final CompletableFuture<Version> greeting = new CompletableFuture<>();
    private final AtomicReference<UnderstudyException> closeReason = new AtomicReference<>();
    private volatile boolean negotiated;

    private record PendingCall(String command, CompletableFuture<JsonNode> reply) {}

    private QmpClient(Path socket, QmpChannel channel, EventDispatcher dispatcher) {
        this.socket = socket.toString();
        this.channel = channel;
        this.dispatcher = dispatcher;
    }

    /**
     * Waits until a QMP server accepts on the socket, and negotiates the connection.
     *
     * @param limit for the whole call
     * @param threads the threads that call the listeners
     * @param events called for every event, one at a time and in order; it may block and execute commands, unless
     *     {@code threads} runs it on the thread that hands it over
     * @param closed called once in the same way, after the last event, when the connection ends without {@link #close}
     * @throws UnderstudyException {@link ErrorCode#DEADLINE_EXCEEDED} if no server answered in time, {@link
     *     ErrorCode#QMP_PROTOCOL} if the server is not a QMP monitor, {@link ErrorCode#QMP_DISCONNECTED} if it closed
     *     the connection, {@link ErrorCode#INVALID_ARGUMENT} if the path is longer than {@link #LONGEST_SOCKET_PATH}
     *     bytes, {@link ErrorCode#CANCELLED} if the thread was interrupted
     */
    public static QmpClient connect(
            Path socket,
            Duration limit,
            Executor threads,
            Consumer<QmpEvent> events,
            Consumer<UnderstudyException> closed) {
        requireShort(socket);
        QmpDeadline deadline = QmpDeadline.after(limit);
        EventDispatcher dispatcher = new EventDispatcher("QMP connection " + socket, threads, events, closed);
        QmpClient client = new QmpClient(socket, open(socket, limit, deadline), dispatcher);
        try {
            client.startReader();
            client.await("greeting", client.greeting, limit, deadline);
            client.execute("qmp_capabilities", Map.of(), limit, deadline);
            client.negotiated = true;
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
        dispatcher.start();
        return client;
    }

    /**
     * Sends a command and waits for its reply.
     *
     * @param arguments values that Jackson can serialize
     * @return the reply's {@code return} member
     * @throws UnderstudyException {@link ErrorCode#DEADLINE_EXCEEDED} without a reply in time; QEMU may still execute
     *     the command, and its late reply is dropped
     * @throws QmpRefusal {@link ErrorCode#QMP_ERROR} if QEMU rejects the command
     */
    public JsonNode execute(String command, Map<String, ?> arguments, Duration limit) {
        return execute(command, arguments, limit, QmpDeadline.after(limit));
    }

    /** Sends a typed command and returns its typed reply. */
    public <T> T execute(QmpCommand<T> command, Duration limit) {
        return command.read(execute(command.name(), command.arguments(), limit));
    }

    /** The version of QEMU in its greeting. */
    public Version version() {
        return greeting.join();
    }

    /** False once either side has closed the connection. */
    public boolean isOpen() {
        return closeReason.get() == null;
    }

    /**
     * Closes the connection and stops its reader. Commands in progress fail. Queued events are discarded; a delivery
     * in progress completes. Idempotent.
     */
    @Override
    public void close() {
        closeWith(failure(ErrorCode.QMP_DISCONNECTED, "QMP connection " + socket + " was closed by Understudy"));
        dispatcher.stop();
    }

    private JsonNode execute(String command, Map<String, ?> arguments, Duration limit, QmpDeadline deadline) {
        long id = lastId.incrementAndGet();
        PendingCall call = new PendingCall(command, new CompletableFuture<>());
        byte[] message = QmpMessages.command(id, command, arguments);
        pending.put(id, call);
        long begin = System.nanoTime();
        boolean failed = true;
        try {
            failIfEnded(command);
            if (!channel.write(message, deadline)) {
                throw timedOut(command, limit);
            }
            JsonNode reply = await(command, call.reply(), limit, deadline);
            failed = false;
            return reply;
        } catch (IOException e) {
            fail(new UnderstudyException(
                    ErrorCode.QMP_DISCONNECTED, "QMP connection " + socket + ": write failed: " + e, e));
            failIfEnded(command);
            throw new IllegalStateException(e);
        } finally {
            pending.remove(id);
            TIMES.count(System.nanoTime() - begin, failed);
        }
    }

    private <T> T await(String what, CompletableFuture<T> future, Duration limit, QmpDeadline deadline) {
        try {
            while (true) {
                try {
                    return future.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    if (deadline.hasPassed()) {
                        throw timedOut(what, limit);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw timedOut(what, limit);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof QmpRefusal refusal) {
                throw refusal;
            }
            failIfEnded(what);
            throw new IllegalStateException(e);
        }
    }

    private UnderstudyException timedOut(String what, Duration limit) {
        if (Thread.currentThread().isInterrupted()) {
            return failure(
                    ErrorCode.CANCELLED, "QMP connection %s: wait for '%s' was interrupted".formatted(socket, what));
        }
        return failure(
                ErrorCode.DEADLINE_EXCEEDED,
                "QMP connection %s: no answer for '%s' within %s".formatted(socket, what, limit));
    }

    /** Throws a new exception, so that each caller gets its own stack trace. */
    private void failIfEnded(String command) {
        UnderstudyException reason = closeReason.get();
        if (reason != null) {
            throw new UnderstudyException(
                    reason.code(), "QMP command '%s' failed: %s".formatted(command, reason.getMessage()), reason);
        }
    }

    /** A thread of its own, not one of a pool: it waits for data of this QEMU until the connection ends. */
    private void startReader() {
        Thread thread = new Thread(this::readAll, "qmp-reader " + socket);
        thread.setDaemon(true);
        thread.start();
    }

    private void readAll() {
        UnderstudyException reason;
        try (JsonParser parser = QmpMessages.JSON.createParser(channel.input())) {
            for (JsonNode m = QmpMessages.JSON.readTree(parser); m != null; m = QmpMessages.JSON.readTree(parser)) {
                handle(m);
            }
            reason = failure(ErrorCode.QMP_DISCONNECTED, "QEMU closed QMP connection " + socket);
        } catch (UnderstudyException e) {
            reason = e;
        } catch (JsonProcessingException e) {
            reason = new UnderstudyException(
                    ErrorCode.QMP_PROTOCOL,
                    "QMP connection " + socket + " received invalid JSON: " + e.getOriginalMessage(),
                    e);
        } catch (IOException e) {
            reason = new UnderstudyException(
                    ErrorCode.QMP_DISCONNECTED, "QMP connection " + socket + ": read failed: " + e, e);
        } catch (RuntimeException | Error e) {
            reason = new UnderstudyException(ErrorCode.INTERNAL, "QMP connection " + socket + ": read failed: " + e, e);
        }
        fail(reason);
    }

    private void handle(JsonNode message) {
        if (!greeting.isDone()) {
            greeting.complete(QmpMessages.greeting(message).orElseThrow(() -> unexpected(message)));
        } else if (QmpMessages.isEvent(message)) {
            deliver(QmpMessages.event(message));
        } else if (message.path("id").isIntegralNumber()) {
            handleReply(message);
        } else if (negotiated || QmpMessages.greeting(message).isEmpty()) {
            // A QEMU that is starting may greet a client twice, as it opens its monitor for it twice.
            throw unexpected(message);
        }
    }

    /** A lost event would be worse than a new connection. */
    private void deliver(QmpEvent event) {
        if (!dispatcher.deliver(event)) {
            throw failure(
                    ErrorCode.QMP_DISCONNECTED,
                    "QMP connection %s was closed: %d events are queued for the listener"
                            .formatted(socket, EventDispatcher.MAX_QUEUED));
        }
    }

    private void handleReply(JsonNode message) {
        long id = message.path("id").asLong();
        if (id < 1 || id > lastId.get()) {
            throw unexpected(message);
        }
        PendingCall call = pending.get(id);
        if (call == null) {
            return; // The reply arrived after the deadline of its command.
        }
        JsonNode error = message.path("error");
        if (error.isObject()) {
            call.reply().completeExceptionally(QmpMessages.refusal(call.command(), socket, error));
        } else if (message.has("return")) {
            call.reply().complete(message.get("return"));
        } else {
            throw unexpected(message);
        }
    }

    private UnderstudyException unexpected(JsonNode message) {
        String text = message.toString();
        String shown = text.length() > 200 ? text.substring(0, 200) + "..." : text;
        return failure(
                ErrorCode.QMP_PROTOCOL,
                "QMP connection %s received an unexpected message%s: %s"
                        .formatted(socket, greeting.isDone() ? "" : " instead of a QMP greeting", shown));
    }

    private void fail(UnderstudyException reason) {
        if (closeWith(reason)) {
            dispatcher.finish(reason);
        }
    }

    /** False if the connection had already ended. */
    private boolean closeWith(UnderstudyException reason) {
        boolean first = closeReason.compareAndSet(null, reason);
        channel.close();
        greeting.completeExceptionally(reason);
        pending.values().forEach(p -> p.reply().completeExceptionally(reason));
        return first;
    }

    private static QmpChannel open(Path socket, Duration limit, QmpDeadline deadline) {
        try {
            return QmpChannel.connect(socket, deadline);
        } catch (IOException e) {
            throw new UnderstudyException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "QMP socket %s: no server accepted within %s: %s".formatted(socket, limit, e.getMessage()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(
                    ErrorCode.CANCELLED, "Connect to QMP socket " + socket + " was interrupted", e);
        }
    }

    private static void requireShort(Path socket) {
        int length = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_SOCKET_PATH) {
            throw failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "Socket path '%s' has %d bytes, the limit is %d; use a shorter folder or name"
                            .formatted(socket, length, LONGEST_SOCKET_PATH));
        }
    }

    private static UnderstudyException failure(ErrorCode code, String details) {
        return new UnderstudyException(code, details);
    }
}
