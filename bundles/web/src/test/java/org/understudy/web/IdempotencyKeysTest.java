// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

class IdempotencyKeysTest {
    private final IdempotencyKeys keys = new IdempotencyKeys();
    private final AtomicInteger calls = new AtomicInteger();

    private RestResponse call(String user, String key, int status) {
        return keys.once(user, key, "digest", () -> RestResponse.json(status, "" + calls.incrementAndGet()));
    }

    @ParameterizedTest
    @CsvSource({"201, 1", "422, 1", "500, 2", "504, 2"})
    void repeatsEveryResponseExceptAnErrorOfTheServer(int status, int expected) {
        call("ann", "k", status);
        call("ann", "k", status);

        assertThat(calls).hasValue(expected);
    }

    @Test
    void keepsTheKeysOfUsersApart() {
        call("ann", "k", 200);
        call("bob", "k", 200);

        assertThat(calls).hasValue(2);
    }

    @Test
    void refusesARepetitionWhileTheFirstCallRuns() {
        keys.once("ann", "k", "digest", () -> {
            assertThatThrownBy(() -> call("ann", "k", 200))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CALL_IN_PROGRESS));
            return RestResponse.ok("{}");
        });
    }

    @Test
    void forgetsTheOldestCalls() {
        for (int i = 0; i <= IdempotencyKeys.MAX_CALLS; i++) {
            call("ann", "k" + i, 200);
        }
        call("ann", "k1", 200);
        assertThat(calls).hasValue(IdempotencyKeys.MAX_CALLS + 1);

        call("ann", "k0", 200);
        assertThat(calls).hasValue(IdempotencyKeys.MAX_CALLS + 2);
    }

    @Test
    void forgetsTheOldestOfLongResponses() {
        String half = "x".repeat(IdempotencyKeys.MAX_BYTES / 2);
        keys.once("ann", "k1", "digest", () -> RestResponse.ok(half));
        keys.once("ann", "k2", "digest", () -> RestResponse.ok(half));
        keys.once("ann", "k3", "digest", () -> RestResponse.ok(half));

        call("ann", "k3", 200);
        assertThat(calls).hasValue(0);
        call("ann", "k1", 200);
        assertThat(calls).hasValue(1);
    }
}
