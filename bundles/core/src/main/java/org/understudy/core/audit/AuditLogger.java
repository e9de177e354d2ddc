// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.audit;

import java.util.Locale;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.understudy.api.AuditEntry;
import org.understudy.api.AuditLog;

/** One line of the log for each audit entry, by a logger of its own. */
@Component
public final class AuditLogger implements AuditLog {
    private static final Logger LOG = LoggerFactory.getLogger("org.understudy.audit");

    @Activate
    public AuditLogger() {}

    @Override
    public void record(AuditEntry entry) {
        if (LOG.isInfoEnabled()) {
            LOG.info(line(entry));
        }
    }

    static String line(AuditEntry entry) {
        StringBuilder line = new StringBuilder();
        line.append("User ").append(entry.user());
        entry.remoteAddress().ifPresent(address -> line.append(" from ").append(address));
        line.append(" by ").append(word(entry.face())).append(": ").append(word(entry.action()));
        if (!entry.object().isEmpty()) {
            line.append(' ').append(entry.object());
        }
        entry.uuid().ifPresent(uuid -> line.append(' ').append(uuid));
        entry.host().ifPresent(host -> line.append(" on host ").append(host));
        line.append(' ').append(word(entry.result()));
        entry.error().ifPresent(error -> line.append(", ").append(word(error)));
        if (!entry.message().isEmpty()) {
            line.append(": ").append(entry.message());
        }
        return line.toString();
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
