// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.util.List;
import java.util.Map;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.understudy.api.AccessTokens;
import org.understudy.api.Action;

@Service
@Performs(Action.TOKENS)
@Command(
        scope = "understudy",
        name = "token-revoke",
        description = "Revoke a token; its requests and event streams end within 5 s",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class TokenRevoke extends UnderstudyCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Argument(index = 0, name = "token", description = "ID of the token; required", valueToShowInHelp = "")
    String id = "";

    @Option(name = "--yes", description = "Do not ask")
    boolean yes;

    @Reference
    AccessTokens tokens;

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named(id);
    }

    @Override
    int run() {
        given("token", id);
        if (!yes) {
            Confirmation.require(
                    session,
                    json,
                    "Scripts that use token " + id + " are refused from now on",
                    "Revoke the token?",
                    "Token " + id + " was not revoked");
        }
        tokens.revoke(id);
        print(Map.of(), () -> out().println("Revoked."));
        return 0;
    }
}
