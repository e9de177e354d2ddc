// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.Subscription;

/**
 * One attempt to open a connection. It fails at its deadline, but libvirt has no limit for a host that accepts a connection
 * and does not answer: the attempt may succeed or fail later, and keeps its thread until then.
 */
final class ConnectAttempt {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectAttempt.class);

    private final LibvirtSettings settings;
    private final LibvirtThreads threads;
    private final Duration limit;
    private final Steps steps;
    /** Known while it is prepared. */
    private Optional<SharedConnection> created = Optional.empty();

    /** Whether the deadline has passed before it returned. */
    private boolean overdue;

    private boolean failed;
    private boolean returned;

    /** What an attempt does, and calls. */
    interface Steps {
        /** Opens a connection; blocks. */
        SharedConnection open() throws LibvirtException;

        /** Prepares it for use; blocks. */
        void prepare(SharedConnection fresh) throws LibvirtException;

        /** The connection can be used, now or after the deadline. */
        void succeeded(SharedConnection fresh);

        /** Called at most once; does not block. */
        void failed(Outage outage);

        /** An attempt that failed by its deadline has returned without a connection; does not block. */
        void failedLate();
    }

    ConnectAttempt(LibvirtSettings settings, LibvirtThreads threads, Duration limit, Steps steps) {
        this.settings = settings;
        this.threads = threads;
        this.limit = limit;
        this.steps = steps;
    }

    /** Does not block. */
    void start() {
        Subscription deadline = threads.scheduler().after(limit, this::exceeded);
        try {
            threads.calls().run(settings.name(), () -> {
                try {
                    run();
                } finally {
                    deadline.close();
                }
            });
        } catch (RejectedExecutionException e) {
            deadline.close();
            returnedWith(Outage.because("cannot be called: no thread is free", e));
        }
    }

    private void run() {
        try {
            SharedConnection fresh = steps.open();
            prepare(fresh);
            synchronized (this) {
                created = Optional.empty();
                returned();
            }
            steps.succeeded(fresh);
        } catch (LibvirtException e) {
            returnedWith(Outage.unreachable(e));
        } catch (RuntimeException | Error e) {
            returnedWith(Outage.because("cannot be used: " + e.getMessage(), e));
        }
    }

    private void prepare(SharedConnection fresh) throws LibvirtException {
        synchronized (this) {
            created = Optional.of(fresh);
        }
        try {
            steps.prepare(fresh);
        } catch (LibvirtException | RuntimeException | Error e) {
            fresh.release();
            throw e;
        }
    }

    private void exceeded() {
        Optional<SharedConnection> silent;
        synchronized (this) {
            if (returned) {
                return;
            }
            silent = created;
            overdue = true;
            threads.hanging().add(settings.uri());
        }
        silent.ifPresent(this::end);
        fail(Outage.because("has accepted no connection within " + Outage.seconds(limit)));
    }

    private void end(SharedConnection silent) {
        try {
            threads.calls().run(settings.name(), () -> silent.endCallWhenSilent(SharedConnection.LOST_LIMIT));
        } catch (RejectedExecutionException e) {
            LOG.debug("Host {}: silent connection is not closed", settings.name(), e);
        }
    }

    private void returnedWith(Outage outage) {
        boolean late;
        synchronized (this) {
            late = overdue;
            returned();
        }
        if (late) {
            steps.failedLate();
        } else {
            fail(outage);
        }
    }

    private void returned() {
        if (overdue && !returned) {
            threads.hanging().remove(settings.uri());
        }
        returned = true;
    }

    private void fail(Outage outage) {
        synchronized (this) {
            if (failed) {
                return;
            }
            failed = true;
        }
        steps.failed(outage);
    }
}
