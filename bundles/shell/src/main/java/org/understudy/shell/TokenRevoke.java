// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.AccessTokens;

@Service
@Command(
        scope = "understudy",
        name = "token-revoke",
        description = "Revoke a token, which ends its event streams within 5 s")
public final class TokenRevoke extends UnderstudyCommand {
    @Argument(index = 1, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Argument(index = 0, name = "token", description = "ID of the token", required = true)
    String id = "";

    @Reference
    AccessTokens tokens;

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named(id);
    }

    @Override
    int run() {
        tokens.revoke(id);
        print(List.of(), () -> out().println("Revoked."));
        return 0;
    }
}
