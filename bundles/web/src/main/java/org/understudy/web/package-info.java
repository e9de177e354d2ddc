// SPDX-License-Identifier: Apache-2.0
/**
 * The console at {@code /understudy}, the REST interface below {@code /understudy/api/v1} and its server-sent events.
 *
 * <p>Every request needs a login with the role {@code admin}; a call that changes something also needs the header
 * {@code X-Requested-With}, which no page of another origin can send. Errors are {@code application/problem+json} by
 * the table of {@link org.understudy.api.ErrorCode}. Called by the HTTP server on its threads; a stream of events holds
 * one such thread for as long as it is open. Hooks on the same machine may ask over a socket in the file system instead.
 */
package org.understudy.web;
