// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.security.AccessController;
import java.security.Principal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.security.auth.Subject;

/**
 * The user of the running command. Not the variable {@code USER} of the session, which its user can set.
 *
 * @param address of the client; empty on the local console
 */
record ShellUser(String name, Optional<String> address) {
    /** Source: the principals in the JAAS boot library of Karaf. */
    private static final String USER_CLASS = "UserPrincipal";

    private static final String CLIENT_CLASS = "ClientPrincipal";

    /** Source: KarafJaasAuthenticator of Karaf, such as {@code ssh(/127.0.0.1:40000)}. */
    private static final Pattern CLIENT = Pattern.compile("ssh\\(.*/(.+?)(:\\d+)?\\)");

    @SuppressWarnings("removal")
    static ShellUser current() {
        return of(Optional.ofNullable(Subject.getSubject(AccessController.getContext())));
    }

    static ShellUser of(Optional<Subject> subject) {
        return new ShellUser(
                names(subject, USER_CLASS).findFirst().orElse("unknown"),
                names(subject, CLIENT_CLASS)
                        .map(CLIENT::matcher)
                        .filter(Matcher::matches)
                        .map(match -> match.group(1))
                        .findFirst());
    }

    private static Stream<String> names(Optional<Subject> subject, String type) {
        return subject.stream()
                .flatMap(known -> known.getPrincipals().stream())
                .filter(principal -> principal.getClass().getSimpleName().equals(type))
                .map(Principal::getName);
    }
}
