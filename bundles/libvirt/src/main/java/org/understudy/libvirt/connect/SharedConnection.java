// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A reference-counted connection. libvirt's handle must not be freed while a thread is in a call: the last release, after the
 * owner's, closes it.
 */
final class SharedConnection {
    private static final Logger LOG = LoggerFactory.getLogger(SharedConnection.class);
    /** Limit for a host that stops answering while a connection is closed. */
    static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);
    /** A connection to a lost host is closed after this time without data. */
    static final Duration LOST_LIMIT = Duration.ofSeconds(1);

    private final NativeConnect connect;
    private final Consumer<NativeConnect> beforeClose;
    private final CountDownLatch closed = new CountDownLatch(1);
    private int users = 1;

    /** @param beforeClose called by the last user, before the handle is freed */
    SharedConnection(NativeConnect connect, Consumer<NativeConnect> beforeClose) {
        this.connect = connect;
        this.beforeClose = beforeClose;
    }

    NativeConnect connect() {
        return connect;
    }

    /** False if the connection is closed. */
    synchronized boolean acquire() {
        if (users == 0) {
            return false;
        }
        users++;
        return true;
    }

    /** Blocks if this was the last user. */
    void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        close();
    }

    private void close() {
        endWhenSilent(CLOSE_LIMIT);
        try {
            beforeClose.accept(connect);
        } finally {
            free();
        }
    }

    private void free() {
        try {
            int left = connect.close();
            if (left > 0) {
                LOG.debug("libvirt connection is still referenced by {} objects", left);
            }
        } catch (LibvirtException e) {
            LOG.debug("libvirt connection did not close cleanly: {}", e.getMessage());
        } finally {
            closed.countDown();
        }
    }

    /** As {@link #endWhenSilent}, for other threads than that of the call in progress. */
    void endCallWhenSilent(Duration silence) {
        if (acquire()) {
            try {
                endWhenSilent(silence);
            } finally {
                release();
            }
        }
    }

    /**
     * Lets libvirt's event loop end the connection, with an error for the call in progress, once nothing has arrived for this
     * time. libvirt sends no keepalive message for a count of 0, so no thread but that of the call writes to the connection.
     */
    private void endWhenSilent(Duration silence) {
        try {
            connect.setKeepAlive((int) silence.toSeconds(), 0);
        } catch (LibvirtException e) {
            LOG.debug("libvirt connection has no limit for silence: {}", e.getMessage());
        }
    }

    /** Waits until the last user has closed it; false if that takes longer. */
    boolean awaitClose(Duration limit) {
        try {
            return closed.await(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
