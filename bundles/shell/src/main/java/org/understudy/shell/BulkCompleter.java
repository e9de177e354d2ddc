// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.api.console.Completer;
import org.apache.karaf.shell.api.console.Session;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.understudy.api.BulkMigration;
import org.understudy.api.BulkMigrations;

/** Completes IDs of bulk migrations. */
@Service
public final class BulkCompleter implements Completer {
    @Reference
    BulkMigrations bulk;

    @Override
    public int complete(Session session, CommandLine line, List<String> candidates) {
        return new StringsCompleter(bulk.list().stream().map(BulkMigration::id).toList())
                .complete(session, line, candidates);
    }
}
