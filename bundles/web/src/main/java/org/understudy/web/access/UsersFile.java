// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The roles of users in the file of Karaf's realm, without their passwords. Other modules, such as LDAP, report roles only at a
 * login.
 */
final class UsersFile {
    private static final Logger LOG = LoggerFactory.getLogger(UsersFile.class);

    /** Source: ProxyLoginModule in the JAAS boot library of Karaf. */
    private static final String MODULE = "org.apache.karaf.jaas.module";

    private static final String PROPERTIES_MODULE = "org.apache.karaf.jaas.modules.properties.PropertiesLoginModule";

    /** Modules that know no passwords. */
    private static final List<String> WITHOUT_PASSWORDS =
            List.of("org.apache.karaf.jaas.modules.publickey.", "org.apache.karaf.jaas.modules.audit.");

    /** Source: BackingEngine in the JAAS modules of Karaf. */
    private static final String GROUP = "_g_:";

    private UsersFile() {}

    /** {@return the roles of all users at this moment; empty if the realm does not report them} */
    static Optional<Set<String>> allRoles(String realm) {
        Set<String> roles = new HashSet<>();
        for (AppConfigurationEntry entry : entries(realm)) {
            String module = String.valueOf(entry.getOptions().get(MODULE));
            if (module.equals(PROPERTIES_MODULE)) {
                Optional<Properties> users =
                        read(String.valueOf(entry.getOptions().get("users")));
                if (users.isEmpty()) {
                    return Optional.empty();
                }
                users.get().stringPropertyNames().stream()
                        .filter(user -> !user.startsWith(GROUP))
                        .forEach(user -> roles.addAll(roles(users.get(), user)));
            } else if (WITHOUT_PASSWORDS.stream().noneMatch(module::startsWith)) {
                return Optional.empty();
            }
        }
        return Optional.of(roles);
    }

    private static AppConfigurationEntry[] entries(String realm) {
        return Optional.ofNullable(Configuration.getConfiguration().getAppConfigurationEntry(realm))
                .orElse(new AppConfigurationEntry[0]);
    }

    /** {@return the roles of a user at this moment: none if the user is gone, empty if the realm does not report them} */
    static Optional<Set<String>> roles(String realm, String user) {
        boolean allKnown = true;
        for (AppConfigurationEntry entry : entries(realm)) {
            String module = String.valueOf(entry.getOptions().get(MODULE));
            if (module.equals(PROPERTIES_MODULE)) {
                Optional<Properties> users =
                        read(String.valueOf(entry.getOptions().get("users")));
                if (users.isEmpty()) {
                    return Optional.empty();
                } else if (users.get().containsKey(user)) {
                    return Optional.of(roles(users.get(), user));
                }
            } else if (WITHOUT_PASSWORDS.stream().noneMatch(module::startsWith)) {
                allKnown = false;
            }
        }
        return allKnown ? Optional.of(Set.of()) : Optional.empty();
    }

    private static Optional<Properties> read(String file) {
        try (Reader text = Files.newBufferedReader(Path.of(file))) {
            Properties users = new Properties();
            users.load(text);
            return Optional.of(users);
        } catch (IOException | RuntimeException e) {
            LOG.warn("File {}: users could not be read, sessions keep their roles", file, e);
            return Optional.empty();
        }
    }

    private static Set<String> roles(Properties users, String user) {
        Set<String> roles = new HashSet<>();
        values(users, user).forEach(value -> {
            if (value.startsWith(GROUP)) {
                values(users, value).forEach(roles::add);
            } else {
                roles.add(value);
            }
        });
        return roles;
    }

    /** What follows the password of a user, or the word group of a group. */
    private static Stream<String> values(Properties users, String key) {
        return Arrays.stream(users.getProperty(key, "").split(",")).skip(1).map(String::strip);
    }
}
