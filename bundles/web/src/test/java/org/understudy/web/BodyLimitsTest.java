// SPDX-License-Identifier: Apache-2.0
package org.understudy.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.servlet.ServletInputStream;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.testing.FakeTime;

class BodyLimitsTest {
    private static final Duration LONGEST = Duration.ofMinutes(1);

    private final FakeTime time = new FakeTime();
    private final BodyLimits limits = BodyLimits.ofUsers(time);

    private BodyLimits.Body open(String client) throws IOException {
        ServletInputStream in = new Exchange("POST", "/", "body").request.getInputStream();
        return limits.open(in, client, LONGEST);
    }

    private void refuses(String client) {
        assertThatThrownBy(() -> open(client))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TOO_MANY_REQUESTS));
    }

    @Test
    void slowBodiesOfOneClientBlockNoOther() throws IOException {
        List<BodyLimits.Body> slow = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
            slow.add(open("eve"));
        }

        refuses("eve");
        open("root").end();
        slow.get(0).end();
        open("eve").end();
    }

    @Test
    void bodiesOfAllClientsLeaveThreadsForOtherRequests() throws IOException {
        for (int i = 0; i < 128; i++) {
            open("user" + i % 10);
        }

        refuses("root");
    }

    @Test
    void aBodyThatHasArrivedCountsNoMore() throws IOException {
        BodyLimits.Body body = open("eve");
        assertThat(limits.size()).isEqualTo(1);

        assertThat(body.readAllBytes()).hasSize(4);

        assertThat(limits.size()).isZero();
        body.end();
        assertThat(limits.size()).isZero();
    }

    @Test
    void endsABodyThatArrivesTooSlowly() throws IOException {
        BodyLimits.Body body = open("eve");
        body.read();
        time.advance(LONGEST.plusSeconds(1));

        assertThatThrownBy(body::read)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.REQUEST_TOO_SLOW));
    }
}
