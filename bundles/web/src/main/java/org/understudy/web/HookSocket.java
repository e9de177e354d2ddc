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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import jdk.net.ExtendedSocketOptions;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry.Face;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.JsonView;
import org.understudy.api.NicProvisioning;
import org.understudy.api.Provisioned;
import org.understudy.api.Subscription;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;
import org.understudy.web.AuditTrail.Actor;
import org.understudy.web.AuditTrail.AuditObject;
import org.understudy.web.HookRequestReader.Acceptor;
import org.understudy.web.HookRequestReader.Limits;

/**
 * Serves hooks on this machine over a Unix socket: the request is one line of JSON, a {@link ProvisionRequest}; the response
 * is one line, the same document as that of {@link ProvisionServlet}. A {@link PassedReport} is such a line, too. Owner and mode of the socket control access, so there is
 * no login. Active only if {@code etc/org.understudy.hooks.cfg} exists.
 */
@Component(
        service = HookSocket.class,
        immediate = true,
        configurationPid = "org.understudy.hooks",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
public final class HookSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HookSocket.class);

    /** Limit of requests that wait for a worker; hooks time out before a longer queue is served. */
    private static final int MAX_QUEUED = 256;

    /** Longer than the deadline of any hook. */
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

    /** One for each VM of a burst of arrivals: a hook waits 3 s, and one response may take most of that. */
    static final int WORKERS = 32;

    /** The keys of the configuration. */
    public @interface Settings {
        /** Absolute path. */
        String socket() default "/run/understudy/hooks.sock";
    }

    private final JsonView view;
    private final NicProvisioning provisioning;
    private final AuditTrail audit;
    private final Path path;
    private final HookRequestReader reader;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private final Duration callTimeout;
    private final Scheduler scheduler;
    private final ExecutorService workers;

    @Activate
    public HookSocket(
            @Reference JsonView view,
            @Reference NicProvisioning provisioning,
            @Reference AuditTrail audit,
            Settings settings)
            throws IOException {
        this(
                view,
                provisioning,
                audit,
                Path.of(settings.socket()),
                CALL_TIMEOUT,
                Limits.DEFAULT,
                listener -> Optional.ofNullable(listener.accept()),
                SystemScheduler.process());
    }

    HookSocket(
            JsonView view,
            NicProvisioning provisioning,
            AuditTrail audit,
            Path path,
            Duration callTimeout,
            Limits limits,
            Acceptor acceptor,
            Scheduler scheduler)
            throws IOException {
        this.view = view;
        this.provisioning = provisioning;
        this.audit = audit;
        this.path = path;
        this.callTimeout = callTimeout;
        this.scheduler = scheduler;
        workers = scheduler.pool("understudy-hooks", WORKERS, MAX_QUEUED);
        reader = new HookRequestReader(open(path), limits, acceptor, scheduler, this::dispatch);
        LOG.info("Hook listener on {} started", path);
    }

    private static ServerSocketChannel open(Path path) throws IOException {
        Files.createDirectories(path.toAbsolutePath().getParent());
        if (isSocket(path)) {
            // Left by a server that was killed.
            Files.delete(path);
        }
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listener.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
            return listener;
        } catch (IOException | RuntimeException e) {
            listener.close();
            throw e;
        }
    }

    private static boolean isSocket(Path path) throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                        .isOther();
    }

    private void dispatch(SocketChannel connection, String request) {
        connections.add(connection);
        Subscription timeout = scheduler.after(callTimeout, () -> HookRequestReader.closeConnection(connection));
        try {
            workers.execute(() -> serve(connection, request, timeout));
        } catch (RejectedExecutionException e) {
            LOG.warn("Hook listener on {}: queue of {} requests is full, closing a connection", path, MAX_QUEUED);
            timeout.close();
            connections.remove(connection);
            HookRequestReader.closeConnection(connection);
        }
    }

    private void serve(SocketChannel connection, String request, Subscription timeout) {
        try (connection) {
            ByteBuffer answer = StandardCharsets.UTF_8.encode(answer(request, user(connection)) + "\n");
            while (answer.hasRemaining()) {
                connection.write(answer);
            }
        } catch (IOException e) {
            LOG.debug("Hook listener on {}: a hook disconnected before the response", path, e);
        } finally {
            timeout.close();
            connections.remove(connection);
        }
    }

    /** The user that the hook runs as, by the kernel. */
    private static String user(SocketChannel connection) throws IOException {
        return connection.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
    }

    private String answer(String line, String user) {
        Actor actor = new Actor(user, Face.HOOK, Optional.empty());
        AuditObject object = AuditObject.NONE;
        try {
            JsonFields fields = JsonFields.parse(line, ProvisionRequest.KEYS);
            if (PassedReport.isOne(fields)) {
                PassedReport report = PassedReport.read(fields.requiredText("host"), fields);
                object = new AuditObject("", Optional.empty(), Optional.of(report.host()));
                report.apply(provisioning);
                audit.record(actor, Action.PROVISION, object, Optional.empty(), report.summary());
                return PassedReport.ANSWER;
            }
            ProvisionRequest request = ProvisionRequest.read(fields);
            object = AuditObject.of(request.definition(), request.host());
            Provisioned provisioned = request.apply(provisioning);
            audit.record(actor, Action.PROVISION, object, refusal(provisioned), request.occasion());
            return view.write(provisioned);
        } catch (UnderstudyException e) {
            audit.record(actor, Action.PROVISION, object, Optional.of(e.code()), e.getMessage());
            return text(ProblemDetails.of(view, e));
        } catch (RuntimeException | Error e) {
            LOG.error("Hook listener on {}: unhandled exception in a request", path, e);
            audit.record(actor, Action.PROVISION, object, Optional.of(ErrorCode.INTERNAL), String.valueOf(e));
            return text(ProblemDetails.of(view, new UnderstudyException(ErrorCode.INTERNAL, String.valueOf(e), e)));
        }
    }

    private static Optional<ErrorCode> refusal(Provisioned provisioned) {
        return Finding.anyBlocking(provisioned.findings())
                ? Optional.of(ErrorCode.REFUSED_BY_FINDINGS)
                : Optional.empty();
    }

    private static String text(RestResponse problem) {
        return new String(problem.body(), problem.charset());
    }

    @Override
    @Deactivate
    public void close() throws IOException {
        reader.close();
        Files.deleteIfExists(path);
        connections.forEach(HookRequestReader::closeConnection);
        workers.shutdownNow();
    }
}
