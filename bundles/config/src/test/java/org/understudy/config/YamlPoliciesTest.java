// SPDX-License-Identifier: Apache-2.0
package org.understudy.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.api.Policy;
import org.understudy.api.Severity;
import org.understudy.api.Subscription;

class YamlPoliciesTest {
    @TempDir
    Path folder;

    private final List<Policy> delivered = new CopyOnWriteArrayList<>();
    private Path file;
    private YamlPolicies policies;

    @BeforeEach
    void open() throws IOException {
        file = folder.resolve("understudy.yaml");
        Files.writeString(file, "migration: {settle: 1s}");
        policies = new YamlPolicies(file, Duration.ofMillis(20));
        policies.listen(delivered::add);
    }

    @AfterEach
    void close() {
        policies.close();
    }

    @Test
    void readsTheFileAtOnce() {
        assertThat(policies.current().settle()).isEqualTo(Duration.ofSeconds(1));
        assertThat(policies.findings()).isEmpty();
    }

    @Test
    void followsAnEditWhileItRuns() throws IOException {
        Files.writeString(file, "migration: {settle: 22s}");

        awaitSettle(22);
        assertThat(delivered).containsExactly(policies.current());
    }

    @Test
    void followsAnEditorThatReplacesTheFile() throws IOException {
        for (int seconds : List.of(2, 3)) {
            Path draft = Files.writeString(folder.resolve("draft"), "migration: {settle: " + seconds + "s}");
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            awaitSettle(seconds);
        }
        assertThat(delivered).hasSize(2);
    }

    @Test
    void keepsTheLastGoodConfigurationAfterABrokenEdit() throws IOException {
        Files.writeString(file, "migration: {settle: soon}");

        await().until(() -> !policies.findings().isEmpty());
        assertThat(policies.current().settle()).isEqualTo(Duration.ofSeconds(1));
        assertThat(policies.findings().get(0).message()).contains("line 1", "migration.settle", "'soon'");
        assertThat(delivered).isEmpty();
    }

    @Test
    void keepsItsHostsWhileTheFileIsEmptyOrBeingWritten() throws IOException {
        String whole = "hosts:\n  - {name: alpha, connector: qemu}\n  - {name: beta, connector: qemu}\n";
        Files.writeString(file, whole);
        await().until(() -> policies.current().hosts().size() == 2);

        for (int length : List.of(0, 3, 7, 20, 45, whole.length() - 1)) {
            Files.writeString(file, whole.substring(0, length));
            int written = length;
            await().untilAsserted(() -> assertThat(policies.findings())
                    .as("first %d bytes", written)
                    .isNotEmpty());
            Files.writeString(file, whole);
            await().until(() -> policies.findings().isEmpty());
        }

        assertThat(delivered).hasSize(1);
        assertThat(policies.current().hosts()).hasSize(2);
    }

    @Test
    void usesTheCorrectedFileAfterABrokenOne() throws IOException {
        Files.writeString(file, "migration: [");
        await().until(() -> !policies.findings().isEmpty());

        Files.writeString(file, "migration: {settle: 7s}");

        awaitSettle(7);
        assertThat(policies.findings()).isEmpty();
        assertThat(delivered).hasSize(1);
    }

    @Test
    void keepsTheLastGoodConfigurationWhenTheFileIsRemovedAndUsesItsSuccessor() throws IOException {
        Files.delete(file);
        await().until(() -> !policies.findings().isEmpty());
        assertThat(policies.current().settle()).isEqualTo(Duration.ofSeconds(1));

        Files.writeString(file, "migration: {settle: 9s}");

        awaitSettle(9);
    }

    @Test
    void deliversNothingForAnEditThatOnlyChangesAComment() throws IOException {
        Files.writeString(file, "# quickly\nmigration: {settle: 1s}");
        Files.writeString(file, "# slowly\nmigration: {settle: 4s}");

        awaitSettle(4);
        assertThat(delivered).hasSize(1);
    }

    @Test
    void continuesAfterAListenerThatFails() throws IOException {
        policies.listen(p -> {
            throw new IllegalStateException("a listener of this test");
        });
        Files.writeString(file, "migration: {settle: 5s}");
        awaitSettle(5);

        Files.writeString(file, "migration: {settle: 66s}");

        awaitSettle(66);
    }

    @Test
    void deliversNothingAfterTheSubscriptionEnded() throws IOException {
        List<Policy> late = new CopyOnWriteArrayList<>();
        Subscription subscription = policies.listen(late::add);
        subscription.close();
        subscription.close();

        Files.writeString(file, "migration: {settle: 8s}");

        await().until(() -> !delivered.isEmpty());
        assertThat(late).isEmpty();
    }

    @Test
    void startsWithDefaultsAndANoticeWithoutAFile() throws IOException {
        Path later = folder.resolve("later.yaml");
        YamlPolicies none = new YamlPolicies(later, Duration.ofMillis(20));
        try {
            assertThat(none.current()).isEqualTo(PolicyFile.defaults());
            assertThat(none.findings())
                    .singleElement()
                    .satisfies(f -> assertThat(f.severity()).isEqualTo(Severity.NOTICE));

            Files.writeString(later, "migration: {settle: 3s}");
            await().untilAsserted(() -> assertThat(none.current().settle()).isEqualTo(Duration.ofSeconds(3)));
        } finally {
            none.close();
        }
    }

    @Test
    void startsWithDefaultsAndTheReasonOnABrokenFile() throws IOException {
        Files.writeString(file, "hosts: nowhere");
        YamlPolicies broken = new YamlPolicies(file, Duration.ofMillis(20));
        broken.close();

        assertThat(broken.current()).isEqualTo(PolicyFile.defaults());
        assertThat(broken.findings().get(0).severity()).isEqualTo(Severity.ERROR);
    }

    private void awaitSettle(int seconds) {
        await().untilAsserted(() -> assertThat(policies.current().settle()).isEqualTo(Duration.ofSeconds(seconds)));
        await().until(() -> policies.findings().isEmpty());
    }
}
