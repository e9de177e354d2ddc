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
import org.understudy.api.Role;

@Service
@Command(
        scope = "understudy",
        name = "token-create",
        description = "Create a token for a script and print its secret, which is not shown again")
public final class TokenCreate extends UnderstudyCommand {
    @Argument(index = 3, name = "options", description = "Options may also follow the arguments", multiValued = true)
    List<String> trailing = List.of();

    @Argument(index = 0, name = "name", description = "Name of the token", required = true)
    String name = "";

    @Argument(index = 1, name = "role", description = "viewer, operator, admin or peer", required = true)
    @Completion(
            value = StringsCompleter.class,
            values = {"viewer", "operator", "admin", "peer"})
    String role = "";

    @Argument(index = 2, name = "days", description = "Days until it expires, 1 to 366", required = true)
    int days;

    @Option(
            name = "--user",
            description = "User of the token, which is worth no more than this user; required on the local console")
    String user = "";

    @Reference
    AccessTokens tokens;

    @Override
    CommandAudit.CommandObject object(CommandAudit audit) {
        return CommandAudit.CommandObject.named(name);
    }

    @Override
    String note() {
        return "role " + role + (user.isEmpty() ? "" : ", user " + user);
    }

    @Override
    int run() {
        AccessTokens.Created created = tokens.create(
                user.isEmpty() ? ShellUser.current().name() : user,
                name,
                EnumArguments.parse(Role.class, role),
                Duration.ofDays(days));
        print(created, () -> out().println(created.secret()));
        return 0;
    }
}
