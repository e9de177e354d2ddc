// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The last accepted password of each user, as a salted hash in memory. It lets a user log in whom failed logins of others would
 * delay. Not safe for use from several threads.
 */
final class AcceptedPasswords {
    /** Between wrong passwords that are compared during a delay, so that guessing gains little. */
    static final Duration PAUSE = Duration.ofSeconds(1);

    static final int MOST = 1000;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Accepted> byUser = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Accepted> eldest) {
            return size() > MOST;
        }
    };

    /** @param comparedFrom the time from which a password is compared during a delay */
    private record Accepted(byte[] salt, byte[] hash, long comparedFrom) {}

    void remember(String user, String password, long now) {
        byte[] salt = new byte[16];
        random.nextBytes(salt);
        byUser.put(user, new Accepted(salt, hash(salt, password), now));
    }

    void forget(String user) {
        byUser.remove(user);
    }

    boolean isLast(String user, String password) {
        Accepted known = byUser.get(user);
        return known != null && MessageDigest.isEqual(known.hash, hash(known.salt, password));
    }

    /** As {@link #isLast}, but after a wrong password none is compared for a while. */
    boolean isLastDuringDelay(String user, String password, long now) {
        Accepted known = byUser.get(user);
        if (known == null || known.comparedFrom - now > 0) {
            return false;
        }
        if (isLast(user, password)) {
            return true;
        }
        byUser.put(user, new Accepted(known.salt, known.hash, now + PAUSE.toNanos()));
        return false;
    }

    private static byte[] hash(byte[] salt, String password) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(salt);
            return digest.digest(password.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
