// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

class StoredIdentityTest {
    @TempDir
    Path folder;

    @Test
    void isTheSameAfterARestart() {
        String first = new StoredIdentity(folder.resolve("data")).id();

        assertThat(first).matches("[0-9a-f]{12}");
        assertThat(new StoredIdentity(folder.resolve("data")).id()).isEqualTo(first);
    }

    @Test
    void isTheSameForAllThatUseItAtOnce() throws InterruptedException {
        StoredIdentity identity = new StoredIdentity(folder);
        Set<String> seen = ConcurrentHashMap.newKeySet();
        Thread[] users = IntStream.range(0, 8)
                .mapToObj(i -> new Thread(() -> seen.add(identity.id())))
                .toArray(Thread[]::new);
        for (Thread user : users) {
            user.start();
        }
        for (Thread user : users) {
            user.join();
        }

        assertThat(seen).hasSize(1);
    }

    @Test
    void readsAnIdOfAnEarlierVersion() throws Exception {
        Files.writeString(folder.resolve("server-id"), "0123456789ab\n");

        assertThat(new StoredIdentity(folder).id()).isEqualTo("0123456789ab");
    }

    @Test
    void failsWhileItCannotBeStored() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        StoredIdentity identity = new StoredIdentity(file);

        assertThatThrownBy(identity::id)
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.IO_FAILED));

        Files.delete(file);
        assertThat(identity.id()).hasSize(12);
    }
}
