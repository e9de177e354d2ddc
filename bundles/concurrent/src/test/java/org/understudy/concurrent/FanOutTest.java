// SPDX-License-Identifier: Apache-2.0
package org.understudy.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

class FanOutTest {
    @Test
    void callsAllInParallelAndKeepsTheirOrder() {
        CyclicBarrier together = new CyclicBarrier(3);

        List<String> answers = FanOut.call(List.of("a", "b", "c"), name -> {
            meet(together);
            return name + "!";
        });

        assertThat(answers).containsExactly("a!", "b!", "c!");
    }

    private static void meet(CyclicBarrier together) {
        try {
            together.await(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("the others were not called in parallel", e);
        }
    }

    @Test
    void rethrowsTheExceptionOfACall() {
        UnderstudyException away = new UnderstudyException(ErrorCode.HOST_UNAVAILABLE, "b is away");

        assertThatThrownBy(() -> FanOut.call(List.of("a", "b"), name -> {
                    if (name.equals("b")) {
                        throw away;
                    }
                    return name;
                }))
                .isSameAs(away);
    }

    @Test
    void doesNotWaitForAHangingCallAfterAnInterrupt() {
        CountDownLatch never = new CountDownLatch(1);
        CyclicBarrier together = new CyclicBarrier(2);
        Thread caller = Thread.currentThread();

        assertThatThrownBy(() -> FanOut.call(List.of("a", "b"), name -> {
                    meet(together);
                    if (Thread.currentThread() == caller) {
                        caller.interrupt();
                        return name;
                    }
                    return hang(never);
                }))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
        assertThat(Thread.interrupted()).isTrue();
        never.countDown();
    }

    private static String hang(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "late";
    }
}
