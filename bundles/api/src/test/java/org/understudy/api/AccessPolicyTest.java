// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AccessPolicyTest {
    @Test
    void aRoleIncludesTheLowerOnes() {
        assertThat(Role.ADMIN.includes(Role.OPERATOR)).isTrue();
        assertThat(Role.OPERATOR.includes(Role.VIEWER)).isTrue();
        assertThat(Role.VIEWER.includes(Role.OPERATOR)).isFalse();
        assertThat(Role.OPERATOR.includes(Role.ADMIN)).isFalse();
    }

    @Test
    void aPeerIsNoViewerAndAnOperatorIsNoPeer() {
        assertThat(Role.PEER.includes(Role.VIEWER)).isFalse();
        assertThat(Role.OPERATOR.includes(Role.PEER)).isFalse();
        assertThat(Role.ADMIN.includes(Role.PEER)).isTrue();
    }

    @Test
    void aUserWithoutAMappedRoleMayDoNothing() {
        assertThat(AccessPolicy.DEFAULT.roles(List.of("ssh", "systembundles"))).isEmpty();
        assertThat(AccessPolicy.DEFAULT.roles(List.of("ssh", "viewer", "manager")))
                .containsExactlyInAnyOrder(Role.VIEWER, Role.OPERATOR);
    }

    @Test
    void theRoleThatIsNamedForAnActionIsTheWeakest() {
        assertThat(AccessPolicy.DEFAULT.sufficientFor(Role.VIEWER))
                .containsExactly("viewer", "operator", "manager", "admin");
        assertThat(AccessPolicy.DEFAULT.sufficientFor(Role.OPERATOR)).containsExactly("operator", "manager", "admin");
        assertThat(AccessPolicy.DEFAULT.sufficientFor(Role.PEER)).containsExactly("peer", "admin");
    }

    @Test
    void changesAndSecretsAreAudited() {
        assertThat(Action.values())
                .filteredOn(action -> !action.isAudited())
                .containsExactly(Action.VIEW, Action.READ_AUDIT, Action.PEER_READ);
    }

    @Test
    void anAuditEntryIsShortAndOneLine() {
        AuditEntry entry = new AuditEntry(
                UUID.randomUUID(),
                Instant.EPOCH,
                "eve\r\nroot",
                AuditEntry.Face.REST,
                Optional.empty(),
                Action.POWER,
                "web1\u202e",
                Optional.empty(),
                Optional.empty(),
                AuditEntry.Result.of(ErrorCode.HOST_UNAVAILABLE),
                Optional.of(ErrorCode.HOST_UNAVAILABLE),
                "x".repeat(9000));

        assertThat(entry.user()).isEqualTo("eve??root");
        assertThat(entry.object()).isEqualTo("web1?");
        assertThat(entry.message()).hasSize(503);
        assertThat(entry.result()).isEqualTo(AuditEntry.Result.FAILED);
        assertThat(AuditEntry.Result.of(ErrorCode.WRONG_VM_STATE)).isEqualTo(AuditEntry.Result.REFUSED);
    }
}
