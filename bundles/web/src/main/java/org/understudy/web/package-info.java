// SPDX-License-Identifier: Apache-2.0
/**
 * The console at {@code /understudy}, the REST interface below {@code /understudy/api/v1} and its server-sent events.
 *
 * <p>Every request needs a login with the role {@code admin}; a request that changes anything also needs the header
 * {@code X-Requested-With}, which a page of another origin cannot send. Errors are {@code application/problem+json} with
 * the codes of {@link org.understudy.api.ErrorCode}. Called on the threads of the HTTP server; a stream of events occupies
 * one of them while it is open. Hooks on the same machine can use a Unix socket instead.
 */
package org.understudy.web;
