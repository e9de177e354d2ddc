// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.servlet.ReadListener;
import javax.servlet.ServletInputStream;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.Scheduler;

/**
 * Bounds the requests whose body is arriving. Each occupies a thread of the HTTP server, which has 200: without a bound, one client
 * that sends slowly would block every other request. Safe for use from several threads.
 */
final class BodyLimits {
    private final int mostOfClient;
    private final int most;
    private final Scheduler clock;
    private final Map<String, Integer> arriving = new HashMap<>();
    private int total;

    private BodyLimits(int mostOfClient, int most, Scheduler clock) {
        this.mostOfClient = mostOfClient;
        this.most = most;
        this.clock = clock;
    }

    /** For users: more than a burst of hooks, whose bodies arrive at once. Further threads answer requests without a body. */
    static BodyLimits ofUsers(Scheduler clock) {
        return new BodyLimits(48, 128, clock);
    }

    /** For the login form: clients without a login can send it, so it must not take what users need. */
    static BodyLimits ofLogins(Scheduler clock) {
        return new BodyLimits(8, 32, clock);
    }

    /**
     * The body of a request, until it is closed.
     *
     * @param client what the bodies of one client have in common
     * @param longest the time in which the whole body must arrive
     * @throws UnderstudyException {@link ErrorCode#TOO_MANY_REQUESTS}; while reading, {@link ErrorCode#REQUEST_TOO_SLOW}
     */
    Body open(ServletInputStream in, String client, Duration longest) {
        synchronized (this) {
            int own = arriving.getOrDefault(client, 0);
            if (own >= mostOfClient || total >= most) {
                throw new UnderstudyException(
                        ErrorCode.TOO_MANY_REQUESTS,
                        own >= mostOfClient
                                ? own + " requests of this client are still being received, which is the limit"
                                : total + " requests are still being received, which is the limit");
            }
            arriving.put(client, own + 1);
            total++;
        }
        return new Body(in, client, longest);
    }

    private synchronized void end(String client) {
        arriving.computeIfPresent(client, (same, count) -> count == 1 ? null : count - 1);
        total--;
    }

    synchronized int size() {
        return total;
    }

    /** Counts until its end is read, or it is closed. */
    final class Body extends ServletInputStream {
        private final ServletInputStream in;
        private final String client;
        private final Duration longest;
        private final long startedAt = clock.nanos();
        private boolean ended;

        private Body(ServletInputStream in, String client, Duration longest) {
            this.in = in;
            this.client = client;
            this.longest = longest;
        }

        @Override
        public int read() throws IOException {
            return checked(in.read());
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return checked(in.read(bytes, offset, length));
        }

        private int checked(int read) {
            if (read < 0) {
                end();
            } else if (clock.nanos() - startedAt > longest.toNanos()) {
                throw new UnderstudyException(
                        ErrorCode.REQUEST_TOO_SLOW,
                        "The body of the request did not arrive within " + longest.toSeconds() + " s");
            }
            return read;
        }

        void end() {
            if (!ended) {
                ended = true;
                BodyLimits.this.end(client);
            }
        }

        @Override
        public boolean isFinished() {
            return in.isFinished();
        }

        @Override
        public boolean isReady() {
            return in.isReady();
        }

        @Override
        public void setReadListener(ReadListener listener) {
            in.setReadListener(listener);
        }
    }
}
