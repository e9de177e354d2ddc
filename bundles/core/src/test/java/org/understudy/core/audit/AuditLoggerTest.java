// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.understudy.api.Action;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditEntry.Face;
import org.understudy.api.AuditEntry.Result;
import org.understudy.api.ErrorCode;
import org.understudy.api.HostName;

class AuditLoggerTest {
    @Test
    void writesWhoDidWhatToWhichVmFromWhereWithWhichResultOnOneLine() {
        AuditEntry entry = new AuditEntry(
                UUID.randomUUID(),
                Instant.EPOCH,
                "chief",
                Face.CONSOLE,
                Optional.of("192.0.2.7"),
                Action.READ_DEFINITION,
                "web1",
                Optional.of(new UUID(0, 1)),
                Optional.of(new HostName("alpha")),
                Result.FAILED,
                Optional.of(ErrorCode.HOST_UNAVAILABLE),
                "no\nanswer");

        assertThat(AuditLogger.line(entry))
                .isEqualTo("User chief from 192.0.2.7 by console: read-definition web1"
                        + " 00000000-0000-0000-0000-000000000001 on host alpha failed, host-unavailable: no?answer");
    }
}
