// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;
import org.understudy.concurrent.Scheduler;
import org.understudy.concurrent.SystemScheduler;

/** Ends open streams whose caller has lost its session, its password, its token or a role. Other requests are checked when they begin. */
@Component(service = StreamWatch.class)
public final class StreamWatch {
    private static final Logger LOG = LoggerFactory.getLogger(StreamWatch.class);

    /** With the two looks of {@link CurrentAccounts}, a role that is lost ends a stream within 5 s. */
    static final Duration PERIOD = Duration.ofSeconds(1);

    private final Authenticator authenticator;
    private final ExecutorService thread;
    private final Subscription clock;
    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();

    /** Compared by identity, as one caller may have several streams. */
    private static final class Stream {
        private final Caller caller;
        private final Runnable end;

        Stream(Caller caller, Runnable end) {
            this.caller = caller;
            this.end = end;
        }
    }

    @Activate
    public StreamWatch(@Reference Authenticator authenticator) {
        this(authenticator, SystemScheduler.process());
    }

    StreamWatch(Authenticator authenticator, Scheduler scheduler) {
        this.authenticator = authenticator;
        this.thread = scheduler.pool("understudy-stream-watch", 1, 1);
        this.clock = scheduler.every(PERIOD, this::poll);
    }

    @Deactivate
    void deactivate() {
        clock.close();
        thread.shutdownNow();
    }

    /**
     * Watches a stream.
     *
     * @param end closes the stream; must not block
     * @return ends the watch when closed
     */
    public Subscription watch(Caller caller, Runnable end) {
        Stream stream = new Stream(caller, end);
        streams.add(stream);
        return () -> streams.remove(stream);
    }

    /** The users are in a file, which may be slow. */
    private void poll() {
        if (streams.isEmpty()) {
            return;
        }
        try {
            thread.execute(this::check);
        } catch (RejectedExecutionException e) {
            LOG.debug("Stream watch: the last check has not ended", e);
        }
    }

    private void check() {
        for (Stream stream : List.copyOf(streams)) {
            if (!authenticator.isStillValid(stream.caller) && streams.remove(stream)) {
                LOG.info(
                        "Event stream of user {}: closed, as the session, password, token or role has ended",
                        stream.caller.label());
                stream.end.run();
            }
        }
    }
}
