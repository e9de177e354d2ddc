// SPDX-License-Identifier: Apache-2.0
/**
 * Threads, time, and what is built of them: controllers, ordered tasks for each host, ordered delivery to listeners,
 * retries, and subscriptions that follow hosts and services as they come and go.
 *
 * <p>Owns the words controller (a work queue of keys), backoff (pauses between attempts), delivery (ordered, merged by
 * key) and watch (a subscription to every open host). Called by all packages that work in the background. Every thread
 * and every delay comes from a {@link org.understudy.core.watch.Scheduler}. Everything here is safe for use from any
 * thread.
 */
package org.understudy.core.concurrent;
