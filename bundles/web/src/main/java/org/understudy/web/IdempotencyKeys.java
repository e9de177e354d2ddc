// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

/**
 * The responses to recent calls with an {@code Idempotency-Key}: a client that has lost a response repeats the call, receives
 * the same response, and causes no second effect. After an error of the server the key is free, and the client decides.
 * Source: draft-ietf-httpapi-idempotency-key-header.
 */
final class IdempotencyKeys {
    static final String HEADER = "Idempotency-Key";

    /** Limit of remembered calls. */
    static final int MAX_CALLS = 1000;
    /** Limit of the bodies of remembered responses, in bytes. */
    static final int MAX_BYTES = 4 << 20;

    private static final int LONGEST_KEY = 255;
    private static final int FIRST_SERVER_ERROR = 500;

    /** @param response empty while the call runs */
    private record Call(String digest, Optional<RestResponse> response) {
        int bytes() {
            return response.map(r -> r.body().length).orElse(0);
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    /** From the oldest to the newest. */
    private final Map<String, Call> calls = new LinkedHashMap<>();

    private int bytes;

    /**
     * Answers a call, or repeats the response to the same earlier call.
     *
     * @param digest of everything that distinguishes the call from another
     * @param answer returns errors as responses
     */
    RestResponse once(String user, String key, String digest, Supplier<RestResponse> answer) {
        if (key.isBlank() || key.length() > LONGEST_KEY) {
            throw new UnderstudyException(
                    ErrorCode.INVALID_ARGUMENT, HEADER + " must have 1 to " + LONGEST_KEY + " characters");
        }
        String owned = user + "\n" + key;
        Optional<RestResponse> earlier = begin(owned, key, digest);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        Optional<RestResponse> kept = Optional.empty();
        try {
            RestResponse response = answer.get();
            kept = Optional.of(response).filter(r -> r.status() < FIRST_SERVER_ERROR);
            return response;
        } finally {
            end(owned, digest, kept);
        }
    }

    private Optional<RestResponse> begin(String owned, String key, String digest) {
        lock.lock();
        try {
            Call known = calls.putIfAbsent(owned, new Call(digest, Optional.empty()));
            if (known == null) {
                return Optional.empty();
            }
            if (!known.digest().equals(digest)) {
                throw new UnderstudyException(
                        ErrorCode.IDEMPOTENCY_KEY_REUSED, HEADER + " '" + key + "' was used for another call");
            }
            if (known.response().isEmpty()) {
                throw new UnderstudyException(
                        ErrorCode.CALL_IN_PROGRESS, "The first call with " + HEADER + " '" + key + "' is running");
            }
            return known.response();
        } finally {
            lock.unlock();
        }
    }

    private void end(String owned, String digest, Optional<RestResponse> response) {
        lock.lock();
        try {
            calls.remove(owned);
            if (response.isPresent()) {
                Call call = new Call(digest, response);
                calls.put(owned, call);
                bytes += call.bytes();
                removeOldest();
            }
        } finally {
            lock.unlock();
        }
    }

    private void removeOldest() {
        Iterator<Call> oldest = calls.values().iterator();
        while (oldest.hasNext() && (calls.size() > MAX_CALLS || bytes > MAX_BYTES)) {
            Call call = oldest.next();
            if (call.response().isPresent()) {
                bytes -= call.bytes();
                oldest.remove();
            }
        }
    }
}
