// SPDX-License-Identifier: Apache-2.0
package org.understudy.libvirt.connect;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.libvirt.LibvirtException;
import org.understudy.concurrent.CallTimes;

/** A call of another thread. It ends for its caller with the first result: that of libvirt, or a failure of its host. */
final class PendingCall<T> {
    private static final CallTimes TIMES = CallTimes.of("libvirt");

    private final LibvirtCall<T> call;
    private final Failure failure;
    private final CompletableFuture<T> answer = new CompletableFuture<>();
    private final AtomicBoolean begun = new AtomicBoolean();

    /** Translates an error of libvirt. */
    interface Failure {
        RuntimeException of(LibvirtException error, SharedConnection used);
    }

    PendingCall(LibvirtCall<T> call, Failure failure) {
        this.call = call;
        this.failure = failure;
    }

    /**
     * Runs the call, unless it has failed before; blocks.
     *
     * @return publishes the result, when the connection is available again
     */
    Runnable run(SharedConnection used) {
        if (!begun.compareAndSet(false, true)) {
            return () -> {};
        }
        long begin = System.nanoTime();
        boolean failed = true;
        try {
            T result = call.apply(used.connect());
            failed = false;
            return () -> answer.complete(result);
        } catch (LibvirtException e) {
            RuntimeException translated = failure.of(e, used);
            return () -> fail(translated);
        } catch (RuntimeException | Error e) {
            return () -> fail(e);
        } finally {
            TIMES.count(System.nanoTime() - begin, failed);
        }
    }

    /** Ends the call for its caller. If libvirt is in it, it goes on. */
    void fail(Throwable reason) {
        begun.set(true);
        answer.completeExceptionally(reason);
    }

    /** As {@link #fail}, but only if the call has not begun. */
    void failUnlessBegun(Throwable reason) {
        if (begun.compareAndSet(false, true)) {
            answer.completeExceptionally(reason);
        }
    }

    /** True if the caller no longer waits. */
    boolean isOver() {
        return answer.isDone();
    }

    /** Waits for the result. An interrupt does not end it, as with a call that libvirt runs on the caller's thread. */
    T result() {
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof Error cause) {
                throw cause;
            }
            throw e;
        }
    }
}
