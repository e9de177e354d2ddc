// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Role;
import org.understudy.concurrent.testing.FakeTime;

class SessionsTest {
    private final FakeTime time = new FakeTime();
    private final Sessions sessions = new Sessions(time);

    private boolean isOpen(String secret) {
        return sessions.use(Secret.hash(secret), AccessPolicy.DEFAULT).isPresent();
    }

    @Test
    void endsASessionThatIsNotUsed() {
        String secret = sessions.begin("root", Set.of(Role.ADMIN), Optional.empty());
        time.advance(AccessPolicy.DEFAULT.sessionIdle());
        assertThat(isOpen(secret)).isTrue();

        time.advance(AccessPolicy.DEFAULT.sessionIdle().plusSeconds(1));

        assertThat(isOpen(secret)).isFalse();
    }

    @Test
    void endsASessionAfterItsLifetimeAlthoughItIsUsed() {
        String secret = sessions.begin("root", Set.of(Role.ADMIN), Optional.empty());
        Duration step = Duration.ofMinutes(20);
        for (Duration passed = Duration.ZERO;
                passed.plus(step).compareTo(AccessPolicy.DEFAULT.sessionLifetime()) <= 0;
                passed = passed.plus(step)) {
            assertThat(isOpen(secret)).isTrue();
            time.advance(step);
        }
        assertThat(isOpen(secret)).isTrue();

        time.advance(step);

        assertThat(isOpen(secret)).isFalse();
    }

    @Test
    void acceptsNoOtherSecret() {
        String secret = sessions.begin("root", Set.of(Role.ADMIN), Optional.empty());

        assertThat(secret).hasSize(43);
        assertThat(sessions.use(secret, AccessPolicy.DEFAULT))
                .as("the key is the hash")
                .isEmpty();
        assertThat(isOpen("")).isFalse();
    }

    @Test
    void aFurtherLoginEndsTheSessionThatWasUsedLeastRecently() {
        String first = sessions.begin("root", Set.of(Role.ADMIN), Optional.empty());
        String other = sessions.begin("eve", Set.of(Role.VIEWER), Optional.empty());
        for (int i = 1; i < Sessions.MOST_OF_USER; i++) {
            time.advance(Duration.ofSeconds(1));
            sessions.begin("root", Set.of(Role.ADMIN), Optional.empty());
        }
        assertThat(isOpen(first)).isTrue();
        time.advance(Duration.ofSeconds(1));
        for (int i = 0; i < Sessions.MOST_OF_USER; i++) {
            sessions.begin("root", Set.of(Role.ADMIN), Optional.empty());
            time.advance(Duration.ofSeconds(1));
        }

        assertThat(isOpen(first)).isFalse();
        assertThat(isOpen(other)).isTrue();
        assertThat(sessions.size()).isEqualTo(Sessions.MOST_OF_USER + 1);
    }

    @Test
    void hasABoundForAllUsers() {
        for (int i = 0; i < Sessions.MOST + 10; i++) {
            sessions.begin("user" + i, Set.of(Role.VIEWER), Optional.empty());
        }

        assertThat(sessions.size()).isEqualTo(Sessions.MOST);
    }
}
