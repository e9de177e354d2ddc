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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.api.spi.HostFacts.Version;

/**
 * One QMP connection to one QEMU. Safe for use from any thread; each command blocks only its caller.
 *
 * <p>Every call throws {@link UnderstudyException} with {@link ErrorCode#QMP_DISCONNECTED} once QEMU has closed the
 * socket or {@link #close} was called, and with {@link ErrorCode#QMP_PROTOCOL} once QEMU has sent something that is no
 * QMP. Source: docs/interop/qmp-spec of QEMU.
 */
public final class QmpClient implements AutoCloseable {
    /** The longest path Linux takes for a Unix socket, in bytes. Source: unix(7), sun_path without its final zero. */
    public static final int LONGEST_SOCKET_PATH = 107;

    private final String socket;
    private final QmpChannel channel;
    private final EventDispatcher dispatcher;
    private final AtomicLong lastId = new AtomicLong();
    private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
    private final CompletableFuture<Version> greeting = new CompletableFuture<>();
    private final AtomicReference<UnderstudyException> ending = new AtomicReference<>();

    private record Pending(String command, CompletableFuture<JsonNode> reply) {}

    private QmpClient(Path socket, QmpChannel channel, EventDispatcher dispatcher) {
        this.socket = socket.toString();
        this.channel = channel;
        this.dispatcher = dispatcher;
    }

    /**
     * Waits until somebody accepts on the socket and speaks QMP.
     *
     * @param limit for all of it
     * @param events called for every event, in order, on a thread of this client's own; it may block and may execute
     *     commands
     * @param closed called once on that thread, after the last event, when the connection ends without {@link #close}
     * @throws UnderstudyException {@link ErrorCode#DEADLINE_EXCEEDED} if nobody answered in time, {@link
     *     ErrorCode#QMP_PROTOCOL} if the other side is no QMP monitor, {@link ErrorCode#QMP_DISCONNECTED} if it hung up,
     *     {@link ErrorCode#INVALID_ARGUMENT} if the path is longer than {@link #LONGEST_SOCKET_PATH} bytes, {@link
     *     ErrorCode#CANCELLED} if the thread was interrupted
     */
    public static QmpClient connect(
            Path socket, Duration limit, Consumer<QmpEvent> events, Consumer<UnderstudyException> closed) {
        requireShort(socket);
        Deadline deadline = Deadline.after(limit);
        EventDispatcher dispatcher = new EventDispatcher(events, closed);
        QmpClient client = new QmpClient(socket, open(socket, limit, deadline), dispatcher);
        try {
            client.startReader();
            client.await("greeting", client.greeting, limit, deadline);
            client.execute("qmp_capabilities", Map.of(), limit, deadline);
        } catch (RuntimeException e) {
            client.close();
            throw e;
        }
        dispatcher.start("qmp-events " + socket);
        return client;
    }

    /**
     * Sends a command and waits for its answer.
     *
     * @param arguments anything Jackson writes as an object
     * @return the reply's {@code return} member
     * @throws UnderstudyException {@link ErrorCode#DEADLINE_EXCEEDED} if there was no answer in time; the command may
     *     still be carried out, and its late answer is dropped
     * @throws QmpRefusal {@link ErrorCode#QMP_ERROR} if QEMU would not do it
     */
    public JsonNode execute(String command, Map<String, ?> arguments, Duration limit) {
        return execute(command, arguments, limit, Deadline.after(limit));
    }

    /** The same for a command of the typed list, with its reply read. */
    public <T> T execute(QmpCommand<T> command, Duration limit) {
        return command.read(execute(command.name(), command.arguments(), limit));
    }

    /** The version of QEMU, as it named itself in its greeting. */
    public Version version() {
        return greeting.join();
    }

    /** False once the connection has ended, from either side. */
    public boolean isOpen() {
        return ending.get() == null;
    }

    /**
     * Ends the connection and both threads. Commands under way fail; what is not delivered yet never is, but a delivery
     * under way goes on. Harmless if repeated.
     */
    @Override
    public void close() {
        end(failure(ErrorCode.QMP_DISCONNECTED, "the connection to " + socket + " was closed by Understudy"));
        dispatcher.stop();
    }

    private JsonNode execute(String command, Map<String, ?> arguments, Duration limit, Deadline deadline) {
        long id = lastId.incrementAndGet();
        Pending mine = new Pending(command, new CompletableFuture<>());
        byte[] message = QmpMessages.command(id, command, arguments);
        pending.put(id, mine);
        try {
            failIfEnded(command);
            if (!channel.write(message, deadline)) {
                throw givenUp(command, limit);
            }
            return await(command, mine.reply(), limit, deadline);
        } catch (IOException e) {
            fail(new UnderstudyException(ErrorCode.QMP_DISCONNECTED, "sending to " + socket + " failed: " + e, e));
            failIfEnded(command);
            throw new IllegalStateException(e);
        } finally {
            pending.remove(id);
        }
    }

    private <T> T await(String what, CompletableFuture<T> answer, Duration limit, Deadline deadline) {
        try {
            return answer.get(deadline.remainingNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw givenUp(what, limit);
        } catch (TimeoutException e) {
            throw givenUp(what, limit);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof QmpRefusal refusal) {
                throw refusal;
            }
            failIfEnded(what);
            throw new IllegalStateException(e);
        }
    }

    private UnderstudyException givenUp(String what, Duration limit) {
        if (Thread.currentThread().isInterrupted()) {
            return failure(ErrorCode.CANCELLED, "the wait for '%s' on %s was interrupted".formatted(what, socket));
        }
        return failure(
                ErrorCode.DEADLINE_EXCEEDED, "QEMU did not answer '%s' on %s within %s".formatted(what, socket, limit));
    }

    /** Each caller gets an exception with its own stack trace. */
    private void failIfEnded(String command) {
        UnderstudyException reason = ending.get();
        if (reason != null) {
            throw new UnderstudyException(
                    reason.code(), "'%s' was not answered: %s".formatted(command, reason.getMessage()), reason);
        }
    }

    private void startReader() {
        Thread thread = new Thread(this::readAll, "qmp-reader " + socket);
        thread.setDaemon(true);
        thread.start();
    }

    private void readAll() {
        UnderstudyException reason;
        try (JsonParser parser = QmpMessages.JSON.createParser(channel.input())) {
            for (JsonNode m = QmpMessages.JSON.readTree(parser); m != null; m = QmpMessages.JSON.readTree(parser)) {
                take(m);
            }
            reason = failure(ErrorCode.QMP_DISCONNECTED, "QEMU closed " + socket);
        } catch (UnderstudyException e) {
            reason = e;
        } catch (JsonProcessingException e) {
            reason = new UnderstudyException(
                    ErrorCode.QMP_PROTOCOL, socket + " sent what is no JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            reason = new UnderstudyException(ErrorCode.QMP_DISCONNECTED, "reading " + socket + " failed: " + e, e);
        } catch (RuntimeException | Error e) {
            reason = new UnderstudyException(ErrorCode.INTERNAL, "reading " + socket + " failed: " + e, e);
        }
        fail(reason);
    }

    private void take(JsonNode message) {
        if (!greeting.isDone()) {
            greeting.complete(QmpMessages.greeting(message).orElseThrow(() -> unexpected(message)));
        } else if (QmpMessages.isEvent(message)) {
            deliver(QmpMessages.event(message));
        } else if (message.path("id").isIntegralNumber()) {
            answer(message);
        } else {
            throw unexpected(message);
        }
    }

    /** An event that is lost would be worse than a connection that is made anew. */
    private void deliver(QmpEvent event) {
        if (!dispatcher.deliver(event)) {
            throw failure(
                    ErrorCode.QMP_DISCONNECTED,
                    "%s was closed: %d events wait for their listener".formatted(socket, EventDispatcher.MOST_QUEUED));
        }
    }

    private void answer(JsonNode message) {
        long id = message.path("id").asLong();
        if (id < 1 || id > lastId.get()) {
            throw unexpected(message);
        }
        Pending asked = pending.get(id);
        if (asked == null) {
            return; // The answer came after its command's deadline.
        }
        JsonNode error = message.path("error");
        if (error.isObject()) {
            asked.reply().completeExceptionally(QmpMessages.refusal(asked.command(), socket, error));
        } else if (message.has("return")) {
            asked.reply().complete(message.get("return"));
        } else {
            throw unexpected(message);
        }
    }

    private UnderstudyException unexpected(JsonNode message) {
        String text = message.toString();
        String shown = text.length() > 200 ? text.substring(0, 200) + "..." : text;
        return failure(
                ErrorCode.QMP_PROTOCOL,
                "%s sent an unexpected message%s: %s"
                        .formatted(socket, greeting.isDone() ? "" : " instead of a QMP greeting", shown));
    }

    private void fail(UnderstudyException reason) {
        if (end(reason)) {
            dispatcher.finish(reason);
        }
    }

    /** True if this was the first reason. */
    private boolean end(UnderstudyException reason) {
        boolean first = ending.compareAndSet(null, reason);
        channel.close();
        greeting.completeExceptionally(reason);
        pending.values().forEach(p -> p.reply().completeExceptionally(reason));
        return first;
    }

    private static QmpChannel open(Path socket, Duration limit, Deadline deadline) {
        try {
            return QmpChannel.connect(socket, deadline);
        } catch (IOException e) {
            throw new UnderstudyException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "nobody accepts on %s within %s: %s".formatted(socket, limit, e.getMessage()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnderstudyException(ErrorCode.CANCELLED, "the wait for " + socket + " was interrupted", e);
        }
    }

    private static void requireShort(Path socket) {
        int length = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_SOCKET_PATH) {
            throw failure(
                    ErrorCode.INVALID_ARGUMENT,
                    "socket path '%s' has %d bytes, but Linux takes %d at most; choose a shorter folder or name"
                            .formatted(socket, length, LONGEST_SOCKET_PATH));
        }
    }

    private static UnderstudyException failure(ErrorCode code, String details) {
        return new UnderstudyException(code, details);
    }
}
