// SPDX-License-Identifier: Apache-2.0
package org.understudy.hostnic.run;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.future.ConnectFuture;
import org.apache.sshd.client.keyverifier.KnownHostsServerKeyVerifier;
import org.apache.sshd.client.keyverifier.RejectAllServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.io.nio2.Nio2ServiceFactoryFactory;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.util.threads.NoCloseExecutor;
import org.apache.sshd.core.CoreModuleProperties;
import org.understudy.concurrent.Scheduler;

/**
 * Connects to hosts by ssh. One client serves all hosts, so that its threads do not grow with their number; it starts with
 * the first connection. Safe for use from any thread.
 */
public final class SshConnector implements AutoCloseable {
    private static final AttributeKey<SshTarget> TARGET = new AttributeKey<>();
    private static final Duration KEEPALIVE = Duration.ofSeconds(5);
    private static final int KEEPALIVES_MISSED = 3;

    private final ExecutorService threads;
    private Optional<SshClient> client = Optional.empty();
    private boolean closed;

    public SshConnector(Scheduler scheduler) {
        // They decrypt what arrives, and wait for nothing.
        int number = Math.max(2, Runtime.getRuntime().availableProcessors());
        threads = scheduler.pool("understudy-nics-ssh", number, Integer.MAX_VALUE);
    }

    /** Begins to connect; the host must have one of the target's known keys. */
    ConnectFuture connect(SshTarget target) throws IOException {
        return started()
                .connect(
                        target.user(),
                        target.address(),
                        target.port(),
                        AttributeRepository.ofKeyValuePair(TARGET, target));
    }

    private synchronized SshClient started() throws IOException {
        if (closed) {
            throw new IOException("the server is stopping");
        }
        if (client.isEmpty()) {
            client = Optional.of(start());
        }
        return client.get();
    }

    private SshClient start() {
        SshClient fresh = SshClient.setUpDefaultClient();
        // The ssh configuration and the keys in a home folder of this machine do not apply to Understudy.
        fresh.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
        fresh.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
        fresh.setServerKeyVerifier((session, address, key) -> new KnownHostsServerKeyVerifier(
                        RejectAllServerKeyVerifier.INSTANCE, target(session).knownHosts())
                .verifyServerKey(session, address, key));
        fresh.setIoServiceFactoryFactory(new Nio2ServiceFactoryFactory(() -> new NoCloseExecutor(threads)));
        CoreModuleProperties.HEARTBEAT_INTERVAL.set(fresh, KEEPALIVE);
        CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.set(fresh, KEEPALIVES_MISSED);
        fresh.start();
        return fresh;
    }

    private static SshTarget target(ClientSession session) {
        return session.getConnectionContext().getAttribute(TARGET);
    }

    /** Closes all connections. Does not wait for that. */
    @Override
    public synchronized void close() {
        closed = true;
        client.ifPresentOrElse(open -> open.close(true).addListener(ended -> threads.shutdown()), threads::shutdown);
    }
}
