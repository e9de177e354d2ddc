// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.understudy.concurrent.testing.FakeTime;

class UsersFileTest {
    @TempDir
    Path folder;

    @AfterEach
    void restore() {
        TestRealm.install();
    }

    private Path realm(String text, String... otherModules) throws IOException {
        Path file = Files.writeString(folder.resolve("users.properties"), text);
        List<AppConfigurationEntry> entries = new ArrayList<>();
        entries.add(entry(
                "org.apache.karaf.jaas.modules.properties.PropertiesLoginModule", Map.of("users", file.toString())));
        for (String module : otherModules) {
            entries.add(entry(module, Map.of()));
        }
        Configuration.setConfiguration(new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return name.equals("karaf") ? entries.toArray(AppConfigurationEntry[]::new) : null;
            }
        });
        return file;
    }

    private static AppConfigurationEntry entry(String module, Map<String, String> options) {
        Map<String, String> all = new java.util.HashMap<>(options);
        all.put("org.apache.karaf.jaas.module", module);
        return new AppConfigurationEntry(
                "org.apache.karaf.jaas.boot.ProxyLoginModule", LoginModuleControlFlag.OPTIONAL, all);
    }

    @Test
    void readsTheRolesOfAUserAndOfItsGroups() throws IOException {
        realm("""
                # a comment
                root = secret,_g_:admins, extra
                eve = secret,viewer
                _g_\\:admins = group,admin,ssh
                """, "org.apache.karaf.jaas.modules.publickey.PublickeyLoginModule");

        assertThat(UsersFile.roles("karaf", "root")).hasValue(Set.of("admin", "ssh", "extra"));
        assertThat(UsersFile.roles("karaf", "eve")).hasValue(Set.of("viewer"));
        assertThat(UsersFile.roles("karaf", "gone")).hasValue(Set.of());
    }

    @Test
    void readsTheRolesOfAllUsersButNotThoseOfGroupsWithoutUsers() throws IOException {
        realm("""
                root = secret,_g_:admins
                eve = secret,viewer
                _g_\\:admins = group,admin
                _g_\\:others = group,operator
                """, "org.apache.karaf.jaas.modules.publickey.PublickeyLoginModule");

        assertThat(UsersFile.allRoles("karaf")).hasValue(Set.of("admin", "viewer"));
    }

    @Test
    void knowsNotTheRolesOfAllUsersIfAnotherModuleMayHaveUsers() throws IOException {
        realm("eve = secret,viewer\n", "org.apache.karaf.jaas.modules.ldap.LDAPLoginModule");

        assertThat(UsersFile.allRoles("karaf")).isEmpty();
    }

    @Test
    void knowsNothingOfUsersThatAnotherModuleMayHave() throws IOException {
        Path file = realm("eve = secret,viewer\n", "org.apache.karaf.jaas.modules.ldap.LDAPLoginModule");

        assertThat(UsersFile.roles("karaf", "eve")).hasValue(Set.of("viewer"));
        assertThat(UsersFile.roles("karaf", "carol")).isEmpty();
        Files.delete(file);
        assertThat(UsersFile.roles("karaf", "eve")).isEmpty();
    }

    @Test
    void aFileThatIsBeingWrittenTakesNoRoleAway() {
        FakeTime time = new FakeTime();
        AtomicReference<Optional<Set<String>>> realm = new AtomicReference<>(Optional.of(Set.of("admin", "ssh")));
        CurrentRoles roles = new CurrentRoles((name, user) -> realm.get(), time);
        assertThat(roles.of("karaf", "root")).hasValue(Set.of("admin", "ssh"));

        realm.set(Optional.of(Set.of()));
        time.advance(Duration.ofSeconds(1));
        assertThat(roles.of("karaf", "root")).hasValue(Set.of("admin", "ssh"));
        realm.set(Optional.of(Set.of("admin")));
        time.advance(Duration.ofSeconds(1));

        assertThat(roles.of("karaf", "root")).hasValue(Set.of("admin"));
    }

    @Test
    void aLostRoleIsLostAtTheSecondLook() {
        FakeTime time = new FakeTime();
        AtomicReference<Optional<Set<String>>> realm = new AtomicReference<>(Optional.of(Set.of("admin")));
        CurrentRoles roles = new CurrentRoles((name, user) -> realm.get(), time);
        roles.of("karaf", "root");
        realm.set(Optional.of(Set.of("viewer")));

        time.advance(Duration.ofSeconds(1));
        roles.of("karaf", "root");
        time.advance(Duration.ofSeconds(1));

        assertThat(roles.of("karaf", "root")).hasValue(Set.of("viewer"));
    }

    @Test
    void aRoleThatWasLostBetweenRareRequestsIsLostAtTheFirst() {
        FakeTime time = new FakeTime();
        AtomicReference<Optional<Set<String>>> realm = new AtomicReference<>(Optional.of(Set.of("admin")));
        CurrentRoles roles = new CurrentRoles((name, user) -> realm.get(), time);
        roles.of("karaf", "root");
        realm.set(Optional.of(Set.of()));

        time.advance(Duration.ofMinutes(5));

        assertThat(roles.of("karaf", "root")).hasValue(Set.of());
    }
}
