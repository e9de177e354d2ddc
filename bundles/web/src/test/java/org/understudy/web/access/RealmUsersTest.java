// SPDX-License-Identifier: Apache-2.0
package org.understudy.web.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.RETURNS_DEEP_STUBS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.AccessPolicy;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.Policies;

class RealmUsersTest {
    private final Policies policies = mock(Policies.class, RETURNS_DEEP_STUBS);

    @BeforeEach
    void useKarafsRealm() {
        when(policies.current().access()).thenReturn(AccessPolicy.DEFAULT);
    }

    private FindingCode found(Optional<Set<String>> rolesOfUsers) {
        return new RealmUsers(policies, realm -> rolesOfUsers)
                .findings().stream()
                        .map(Finding::code)
                        .reduce((one, other) -> {
                            throw new AssertionError("two findings");
                        })
                        .orElseThrow();
    }

    @Test
    void reportsARealmWhoseUsersHaveNoRoleHere() {
        assertThat(found(Optional.of(Set.of()))).isEqualTo(FindingCode.NO_USER);
        assertThat(found(Optional.of(Set.of("ssh", "peer")))).isEqualTo(FindingCode.NO_USER);
    }

    @Test
    void reportsNothingIfAUserCanLogInOrTheRealmDoesNotReportItsUsers() {
        assertThat(found(Optional.of(Set.of("viewer", "ssh")))).isEqualTo(FindingCode.HEALTHY);
        assertThat(found(Optional.empty())).isEqualTo(FindingCode.HEALTHY);
    }

    @Test
    void namesTheRolesThatLetAUserIn() {
        assertThat(new RealmUsers(policies, realm -> Optional.empty()).findings())
                .singleElement()
                .extracting(Finding::message)
                .asString()
                .contains("realm karaf", "viewer, operator, manager, admin");
    }
}
