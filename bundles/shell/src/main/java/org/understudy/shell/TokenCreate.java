// SPDX-License-Identifier: Apache-2.0
package org.understudy.shell;

import java.time.Duration;
import java.util.List;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.support.completers.StringsCompleter;
import org.understudy.api.AccessTokens;
import org.understudy.api.Action;
import org.understudy.api.Role;

@Service
@Performs(Action.TOKENS)
@Command(
        scope = "understudy",
        name = "token-create",
        description = "Create a token by which a script uses REST in your name, and print its secret once",
        detailedDescription = UnderstudyCommand.EXIT_STATUS)
public final class TokenCreate extends UnderstudyCommand {
    @Argument(
            index = 1,
            name = "options",
            description = "Options may also follow the arguments",
            multiValued = true,
            valueToShowInHelp = "")
    @Completion(OptionCompleter.class)
    List<String> trailing = List.of();

    @Argument(index = 0, name = "name", description = "Name of the token; required", valueToShowInHelp = "")
    String name = "";

    @Option(name = "--role", description = "What the token may do: viewer, operator or admin")
    @Completion(
            value = StringsCompleter.class,
            values = {"viewer", "operator", "admin"})
    String role = "viewer";

    @Option(name = "--days", description = "Life of the token in days, 1 to 366")
    int days = 30;

    @Reference
    AccessTokens tokens;

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named(name);
    }

    @Override
    String note() {
        return "role " + role + ", " + days + " days";
    }

    @Override
    int run() {
        AccessTokens.Created created = tokens.create(
                ShellUser.current().name(),
                given("name", name),
                EnumArguments.parse(Role.class, role),
                Duration.ofDays(days));
        print(created, () -> {
            TokenText.tokens(out(), List.of(created.token()));
            out().println("Secret, which is not shown again: " + created.secret());
        });
        return 0;
    }
}
