// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.ErrorCode;
import org.understudy.api.JsonView;
import org.understudy.api.NicProvisioning;
import org.understudy.api.UnderstudyException;
import org.understudy.web.QuestionReader.Acceptor;
import org.understudy.web.QuestionReader.Limits;

/**
 * Answers hooks on this machine over a socket in the file system: one line of JSON, a {@link ProvisionRequest}, and one line back as
 * {@link ProvisionServlet} would answer. Who may ask is decided by the socket's owner and mode, so there is no login. Listens
 * only where {@code etc/org.understudy.hooks.cfg} names the socket.
 */
@Component(
        service = HookSocket.class,
        immediate = true,
        configurationPid = "org.understudy.hooks",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class HookSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HookSocket.class);

    /** So many questions may wait for a worker; their hooks have given up long before the last is answered. */
    private static final int MOST_QUESTIONS = 256;

    /** A hook has given up by then. */
    private static final Duration LONGEST_CALL = Duration.ofSeconds(30);

    /** One for each VM of a burst that arrives at once: a hook waits 3 s, and an answer may take most of that. */
    static final int WORKERS = 32;

    private static final Duration IDLE = Duration.ofMinutes(1);

    /** The keys of the configuration. */
    public @interface Settings {
        /** Absolute path. */
        String socket() default "/run/understudy/hooks.sock";
    }

    private final JsonView view;
    private final NicProvisioning provisioning;
    private final Path path;
    private final QuestionReader reader;
    private final Set<SocketChannel> calls = ConcurrentHashMap.newKeySet();
    private final Duration longestCall;
    private final ExecutorService workers = workers();

    /** Of its own: it has to run just when all workers are kept busy. */
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(work -> thread(work, "understudy-hooks-timer"));

    @Activate
    public HookSocket(@Reference JsonView view, @Reference NicProvisioning provisioning, Settings settings)
            throws IOException {
        this(
                view,
                provisioning,
                Path.of(settings.socket()),
                LONGEST_CALL,
                Limits.USUAL,
                listener -> Optional.ofNullable(listener.accept()));
    }

    HookSocket(
            JsonView view,
            NicProvisioning provisioning,
            Path path,
            Duration longestCall,
            Limits limits,
            Acceptor acceptor)
            throws IOException {
        this.view = view;
        this.provisioning = provisioning;
        this.path = path;
        this.longestCall = longestCall;
        reader = new QuestionReader(open(path), limits, acceptor, this::take);
        LOG.info("Hook listener on {} started", path);
    }

    private static ExecutorService workers() {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                WORKERS,
                WORKERS,
                IDLE.toSeconds(),
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_QUESTIONS),
                work -> thread(work, "understudy-hooks"));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static Thread thread(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    private static ServerSocketChannel open(Path path) throws IOException {
        Files.createDirectories(path.toAbsolutePath().getParent());
        if (isSocket(path)) {
            // A server that was killed has left it.
            Files.delete(path);
        }
        ServerSocketChannel door = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            door.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
            return door;
        } catch (IOException | RuntimeException e) {
            door.close();
            throw e;
        }
    }

    private static boolean isSocket(Path path) throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther();
    }

    private void take(SocketChannel call, String question) {
        calls.add(call);
        try {
            workers.execute(() -> serve(call, question));
            timer.schedule(() -> QuestionReader.closeConnection(call), longestCall.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.warn("Hook listener on {}: {} questions wait already; one more is not answered", path, MOST_QUESTIONS);
            calls.remove(call);
            QuestionReader.closeConnection(call);
        }
    }

    private void serve(SocketChannel call, String question) {
        try (call) {
            ByteBuffer answer = StandardCharsets.UTF_8.encode(answer(question) + "\n");
            while (answer.hasRemaining()) {
                call.write(answer);
            }
        } catch (IOException e) {
            LOG.debug("A hook did not wait for its answer", e);
        } finally {
            calls.remove(call);
        }
    }

    private String answer(String question) {
        try {
            return view.write(ProvisionRequest.read(question).ask(provisioning));
        } catch (UnderstudyException e) {
            return text(ProblemDetails.of(view, e));
        } catch (RuntimeException | Error e) {
            LOG.error("A hook's question failed", e);
            return text(ProblemDetails.of(view, new UnderstudyException(ErrorCode.INTERNAL, String.valueOf(e), e)));
        }
    }

    private static String text(RestResponse problem) {
        return new String(problem.body(), problem.charset());
    }

    @Override
    @Deactivate
    public void close() throws IOException {
        reader.close();
        Files.deleteIfExists(path);
        calls.forEach(QuestionReader::closeConnection);
        timer.shutdownNow();
        workers.shutdownNow();
    }
}
