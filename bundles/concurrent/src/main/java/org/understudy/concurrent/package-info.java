// SPDX-License-Identifier: Apache-2.0
/**
 * Threads, time, and what is built on them: controllers, ordered tasks for each host, parallel calls with and without a
 * deadline, ordered delivery to listeners and of a host's events, retries and locks.
 *
 * <p>Owns the words controller (a work queue of keys), backoff (pauses between attempts), delivery (in order, merged by
 * key) and fan-out (one call to many hosts in parallel). Called by all packages that work in the background. Every thread
 * and every delay comes from a {@link org.understudy.concurrent.Scheduler}, except the threads of surveys, of which
 * a host that hangs may hold several. Everything here is safe for use from any thread.
 */
@org.osgi.annotation.bundle.Export
@org.osgi.annotation.versioning.Version("1.0.0")
package org.understudy.concurrent;
