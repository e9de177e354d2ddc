// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.AccessToken;
import org.understudy.api.AccessTokens;
import org.understudy.api.ErrorCode;
import org.understudy.api.Role;
import org.understudy.api.UnderstudyException;
import org.understudy.concurrent.testing.FakeTime;

class StoredTokensTest {
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    Path folder;

    private final FakeTime time = new FakeTime();

    private Path file() {
        return folder.resolve("etc/understudy.tokens.json");
    }

    private StoredTokens tokens() {
        return tokens(Optional.empty());
    }

    /** @param roles of each user, if the realm reports them */
    private StoredTokens tokens(Optional<Set<String>> roles) {
        return new StoredTokens(TestRealm.policies(true), new CurrentRoles((realm, user) -> roles, time), file(), time);
    }

    @Test
    void acceptsASecretUntilItExpires() {
        StoredTokens tokens = tokens();
        AccessTokens.Created created = tokens.create("root", "backup", Role.OPERATOR, DAY);

        assertThat(created.secret()).startsWith("understudy_").hasSize(54);
        assertThat(tokens.use(created.secret()))
                .hasValueSatisfying(token -> assertThat(token.role()).isEqualTo(Role.OPERATOR));
        assertThat(tokens.use("understudy_other")).isEmpty();
        time.advance(DAY);
        assertThat(tokens.use(created.secret())).isEmpty();
        assertThat(tokens.isValid(created.token().id())).isFalse();
        assertThat(tokens.list()).isEmpty();
    }

    /** Such as the user of Karaf's local console, who has all roles there. */
    @Test
    void createsNoTokenThatItsCreatorsRolesWouldMakeUseless() {
        StoredTokens tokens = tokens(Optional.of(Set.of("viewer")));

        assertThatThrownBy(() -> tokens.create("karaf", "backup", Role.ADMIN, DAY))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ROLE_MISSING))
                .hasMessage("User 'karaf' does not have the role 'admin' in the realm 'test',"
                        + " so a token of this user would not work");
        assertThat(tokens.list()).isEmpty();
        assertThat(tokens.create("karaf", "report", Role.VIEWER, DAY).secret()).isNotEmpty();
    }

    @Test
    void storesHashesThatOnlyTheUserOfTheServerReads() throws IOException {
        AccessTokens.Created created = tokens().create("root", "backup", Role.OPERATOR, DAY);

        assertThat(Files.readString(file()))
                .contains("backup")
                .doesNotContain(created.secret(), created.secret().substring(11));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        try (Stream<Path> files = Files.list(file().getParent())) {
            assertThat(files).containsExactly(file());
        }
    }

    @Test
    void acceptsTheSecretAfterARestartAndListsItsLastUse() {
        StoredTokens first = tokens();
        String secret = first.create("root", "backup", Role.OPERATOR, DAY).secret();
        first.use(secret);
        first.deactivate();

        StoredTokens second = tokens();

        assertThat(second.list())
                .singleElement()
                .satisfies(token -> assertThat(token.lastUsed()).isPresent());
        assertThat(second.use(secret)).isPresent();
    }

    @Test
    void aRevokedTokenIsGoneAtOnceAndForEver() {
        StoredTokens tokens = tokens();
        AccessTokens.Created created = tokens.create("root", "backup", Role.OPERATOR, DAY);
        AccessTokens.Created kept = tokens.create("root", "report", Role.VIEWER, DAY);

        tokens.revoke(created.token().id());

        assertThat(tokens.use(created.secret())).isEmpty();
        assertThat(tokens.isValid(created.token().id())).isFalse();
        assertThat(tokens().list()).extracting(AccessToken::name).containsExactly("report");
        assertThat(tokens().use(kept.secret())).isPresent();
        assertThatThrownBy(() -> tokens.revoke(created.token().id())).hasMessageContaining("does not exist");
    }

    @Test
    void revokesATokenAlsoIfTheFileCannotBeWritten() throws IOException {
        StoredTokens tokens = tokens();
        AccessTokens.Created created = tokens.create("root", "backup", Role.OPERATOR, DAY);
        Files.createDirectories(file().resolveSibling("understudy.tokens.json.new/full"));

        assertThatThrownBy(() -> tokens.revoke(created.token().id())).hasMessageContaining("could not be written");
        assertThat(tokens.use(created.secret())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-x", "a b", "a\nb", "."})
    void refusesAnInvalidName(String name) {
        assertThatThrownBy(() -> tokens().create("root", name, Role.VIEWER, DAY))
                .isInstanceOf(UnderstudyException.class);
    }

    @Test
    void refusesTwoTokensOfOneNameAndATokenForEver() {
        StoredTokens tokens = tokens();
        tokens.create("root", "backup", Role.VIEWER, DAY);
        tokens.create("eve", "backup", Role.VIEWER, DAY);

        assertThatThrownBy(() -> tokens.create("root", "backup", Role.VIEWER, DAY))
                .hasMessageContaining("has a token 'backup'");
        for (Duration life : List.of(Duration.ZERO, AccessTokens.LONGEST.plusSeconds(1))) {
            assertThatThrownBy(() -> tokens.create("root", "other", Role.VIEWER, life))
                    .hasMessageContaining("at most 366 days");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"tokens\":[{\"id\":\"1\"}]}", "{\"tokens\":[{\"id\":\"1\",\"name\":\"a\"}]}"})
    void neitherAcceptsNorReplacesAFileThatItCannotRead(String text) throws IOException {
        Files.createDirectories(file().getParent());
        Files.writeString(file(), text);

        StoredTokens tokens = tokens();

        assertThat(tokens.list()).isEmpty();
        assertThatThrownBy(() -> tokens.create("root", "backup", Role.VIEWER, DAY))
                .hasMessageContaining("could not be written");
        assertThat(file()).hasContent(text);
    }
}
